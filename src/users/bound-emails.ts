import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import type { Draft, Email, EmailKind } from '../mail/email.js';
import { Outbox } from '../mail/outbox.js';
import { Sending } from '../mail/sending.js';
import { type AddressState, ownerState, readAddressState, verificationState } from './address-state.js';

/** What an email is bound to: the owner of the address, or also that nobody has registered the address meanwhile. */
export type Binding = 'owner' | 'verification';

const STATES = { owner: ownerState, verification: verificationState } as const;

/** Completes an email with its link, or returns undefined to send nothing. @param state the state of the address. */
export type LinkWriter = (draft: Draft, state: AddressState) => Promise<Email | undefined>;

/**
 * Emails with links. Each is bound to the state of its address when it is requested, and is not sent if that state has
 * changed by then. However long an email is delayed, its link does not outlive the password, the address or the account
 * for which it was requested.
 *
 * A request for an address does the same work for every address: one SELECT that returns one row, and one INSERT.
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
   * Queues an email.
   *
   * @param kindOf the kind, or a function that chooses it by the owner of the address.
   * @param values further values for the function that creates the link.
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
   * Registers the function that completes emails of a kind when they are sent, if their address still has the state
   * that they are bound to.
   *
   * @param binding undefined if `write` checks the state itself.
   */
  prepare(kind: EmailKind, binding: Binding | undefined, write: LinkWriter): void {
    this.sending.prepare(kind, async (draft) => {
      const state = await this.stateOf(draft.to);
      // One that was queued without a state, by an earlier version, is not sent either, because the state is unknown.
      if (binding && draft.values[binding] !== textOf(STATES[binding](state))) return undefined;
      return write(draft, state);
    });
  }

  /** The current owner of an address. */
  stateOf(email: string, queries: Queries = this.db): Promise<AddressState> {
    return readAddressState(email, this.clock.now(), queries);
  }
}

const textOf = (state: Buffer): string => state.toString('base64url');
