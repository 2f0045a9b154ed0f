import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import type { Draft, Email, EmailKind } from '../mail/email.js';
import { Outbox } from '../mail/outbox.js';
import { Sending } from '../mail/sending.js';
import { type AddressState, ownerState, readAddressState, verificationState } from './address-state.js';

/** What a mail is bound to: whom the address belongs to, or besides that nobody has registered it meanwhile. */
export type Binding = 'owner' | 'verification';

const STATES = { owner: ownerState, verification: verificationState } as const;

/** Writes a mail with a link, or says that there is nothing to send. @param state of the address, as it was when asked. */
export type LinkWriter = (draft: Draft, state: AddressState) => Promise<Email | undefined>;

/**
 * Mails with links: each is bound to the state of its address when it is asked for, and not sent where that is another
 * one when it leaves. However long a mail is delayed, its link does not outlive the password, the address or the account
 * for which it was asked.
 *
 * What is asked for by the way of an address is the same work for any: one look that gives one row, one INSERT.
 */
@Injectable()
export class BoundEmails {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly sending: Sending,
  ) {}

  /**
   * Queues a mail.
   *
   * @param kindOf which one, where that hangs on whom the address belongs to.
   * @param values what the writer of the link needs to know besides.
   */
  async queue(
    { to, languages }: Pick<Email, 'to' | 'languages'>,
    kindOf: EmailKind | ((state: AddressState) => EmailKind),
    queries: Queries,
    values: Email['values'] = {},
  ): Promise<void> {
    if (!this.outbox.isOpen) return;
    const state = await this.stateOf(to, queries);
    const kind = typeof kindOf === 'function' ? kindOf(state) : kindOf;
    const bound = { owner: textOf(ownerState(state)), verification: textOf(verificationState(state)) };
    await this.outbox.queue({ kind, to, languages, values: { ...values, ...bound } }, queries);
  }

  /**
   * Has the links of a kind written when its mails leave, if the address is still what they are bound to.
   *
   * @param binding undefined where `write` itself sees to what the mail was asked for.
   */
  prepare(kind: EmailKind, binding: Binding | undefined, write: LinkWriter): void {
    this.sending.prepare(kind, async (draft) => {
      const state = await this.stateOf(draft.to);
      // One that was queued without, by a version before, is not sent either: nobody knows what it was asked for.
      if (binding && draft.values[binding] !== textOf(STATES[binding](state))) return undefined;
      return write(draft, state);
    });
  }

  /** Whom an address belongs to now. */
  stateOf(email: string, queries: Queries = this.db): Promise<AddressState> {
    return readAddressState(email, this.clock.now(), queries);
  }
}

const textOf = (state: Buffer): string => state.toString('base64url');
