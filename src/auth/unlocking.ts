import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { EmailedKey } from '../http/payloads.js';
import { Limits } from '../limits/limits.js';
import type { Draft, Email } from '../mail/email.js';
import { linkTo } from '../mail/links.js';
import { type AddressState, ownerState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { isSameState, OneTimeTokens } from '../users/one-time-tokens.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';

/** The lifetime of an unlock link. **Unit** seconds. */
const LINK_LIFETIME = 3600;

/** Lets an owner into an account that was locked by guesses: an emailed link makes a browser known to the account. */
@Injectable()
export class Unlocking implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly users: Users,
    private readonly tokens: OneTimeTokens,
    private readonly emails: BoundEmails,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    for (const kind of ['account_locked', 'unlock_account'] as const)
      this.emails.prepare(kind, 'owner', (draft, state) => this.withLink(draft, state));
  }

  /**
   * Queues an unlock email. It is only sent if the address has an account, but the work is the same for every address;
   * limited like resets. **Errors** `rate_limited`.
   */
  async ask(email: string, caller: Caller, languages: string | null): Promise<void> {
    await this.limits.consume('unlock', { caller, account: email });
    await this.emails.queue({ to: email, languages }, 'unlock_account', this.db);
    await this.audit.record({ event: 'login_unlock_requested', outcome: 'success', email, caller });
  }

  /**
   * Uses up the key of an unlock email. @returns the account that should know the browser. **Errors** `link_invalid`.
   */
  open({ key, email }: EmailedKey, caller: Caller): Promise<User> {
    return this.db.transaction(async (tx) => {
      const found = await this.tokens.consume('unlock_account', key, tx, email);
      const state = found && (await this.emails.stateOf(found.email, tx));
      const account = state?.account;
      const isSame = found && account && isSameState(found.boundTo, ownerState(state));
      const user = isSame ? await this.users.findById(account.id, tx) : undefined;
      if (!user?.isActive) throw new TokenjarError('link_invalid');
      await this.audit.record({ event: 'login_unlocked', outcome: 'success', userId: user.id, caller }, tx);
      return user;
    });
  }

  private async withLink(draft: Draft, state: AddressState): Promise<Email | undefined> {
    const user = state.account && (await this.users.findById(state.account.id));
    if (!user?.isActive) return undefined;
    // Sent without a request, so it is a notice and only goes to verified addresses.
    if (draft.kind === 'account_locked' && !user.emailVerified) return undefined;
    const facts = { userId: user.id, boundTo: ownerState(state), email: draft.to };
    const from = { lifetime: LINK_LIFETIME, emailId: draft.id };
    const key = await this.tokens.issue('unlock_account', facts, from, this.db);
    if (key === undefined) return undefined;
    const link = linkTo(this.options, this.options.unlockLink, { key });
    const languages = user.locale ?? draft.languages;
    return { ...draft, languages, values: { link, lifetime: String(LINK_LIFETIME) } };
  }
}
