import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import type { Draft, Email, EmailKind } from '../mail/email.js';
import { linkTo } from '../mail/links.js';
import { NOBODY, shownIdOf } from '../user-id.js';
import { type AddressState, moveState, ownerState, verificationState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { OneTimeTokens, type TokenPurpose } from '../users/one-time-tokens.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';

/** The effect of a link, and its user. */
interface Link {
  purpose: TokenPurpose;
  user: User | undefined;
  boundTo: Buffer;
}

/**
 * Creates the links of emails about accounts at the moment an email is sent, so that a link is never stored in the
 * database and does not expire while the mail server is unavailable. What the link is bound to was fixed when the email
 * was requested.
 */
@Injectable()
export class AccountEmails implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly tokens: OneTimeTokens,
    private readonly emails: BoundEmails,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    this.emails.prepare('verify_email', 'verification', (draft, state) => this.verification(draft, state));
    this.emails.prepare('reset_password', 'owner', (draft, state) => this.reset(draft, state));
    this.emails.prepare('account_exists', 'owner', (draft, state) => this.reset(draft, state));
    this.emails.prepare('change_email', undefined, (draft, state) => this.change(draft, state));
  }

  /**
   * For an address that is not verified yet. If several passwords were entered for it, we cannot tell which one is the
   * owner's, so the link sets a new one.
   */
  private async verification(draft: Draft, state: AddressState): Promise<Email | undefined> {
    const { account, registration } = state;
    const user = account && (await this.users.findById(account.id));
    if (account ? !user?.isActive : !registration) return undefined;
    // Somebody registered this verified address again, with a password that is not used.
    if (user?.emailVerified) return registration && this.choice(draft, state, user, 'account_exists');
    const isContested = account ? registration !== undefined : registration?.openHash === undefined;
    return isContested
      ? this.choice(draft, state, user, 'choose_password')
      : this.withLink(draft, { purpose: 'verify_email', user, boundTo: verificationState(state) });
  }

  private async reset(draft: Draft, state: AddressState): Promise<Email | undefined> {
    const user = state.account && (await this.users.findById(state.account.id));
    if (user) return user.isActive ? this.choice(draft, state, user, draft.kind) : undefined;
    // The password was forgotten before the address was verified: choosing a new one also verifies it.
    return state.registration && this.choice(draft, state, undefined, 'choose_password');
  }

  private choice(
    draft: Draft,
    state: AddressState,
    user: User | undefined,
    kind: EmailKind,
  ): Promise<Email | undefined> {
    const link: Link = { purpose: 'reset_password', user, boundTo: ownerState(state) };
    return this.withLink({ ...draft, kind }, link);
  }

  /** Goes to the new address. If that address already has an account, its owner is told so instead. */
  private async change(draft: Draft, state: AddressState): Promise<Email | undefined> {
    const user = await this.users.findById(Number(draft.values.userId));
    if (!user?.isActive || String(user.credentialsEpoch) !== draft.values.epoch) return undefined;
    if (state.account) return this.reset({ ...draft, kind: 'account_exists' }, state);
    return this.withLink(draft, { purpose: 'change_email', user, boundTo: moveState(user) });
  }

  /** @returns undefined if the link has already been used. */
  private async withLink(
    { id, kind, to, languages }: Draft,
    { purpose, user, boundTo }: Link,
  ): Promise<Email | undefined> {
    const { template, lifetime } = this.placeOf(purpose);
    const facts = { userId: user?.id ?? null, boundTo, email: to };
    const token = await this.tokens.issue(purpose, facts, { lifetime, emailId: id }, this.db);
    if (token === undefined) return undefined;
    const link = linkTo(this.options, template, {
      key: token,
      userId: shownIdOf(user ?? NOBODY, this.options),
    });
    return { kind, to, languages: user?.locale ?? languages, values: { link, lifetime: String(lifetime) } };
  }

  private placeOf(purpose: TokenPurpose): { template: string; lifetime: number } {
    const { verifyEmailLink, changeEmailLink, resetPasswordLink } = this.options;
    const { emailLinkLifetime, passwordResetLifetime } = this.options;
    if (purpose === 'reset_password') return { template: resetPasswordLink, lifetime: passwordResetLifetime };
    const template = purpose === 'change_email' ? changeEmailLink : verifyEmailLink;
    return { template, lifetime: emailLinkLifetime };
  }
}
