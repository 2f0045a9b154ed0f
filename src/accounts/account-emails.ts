import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import type { Draft, Email, EmailKind } from '../mail/email.js';
import { linkTo } from '../mail/links.js';
import { type AddressState, moveState, ownerState, verificationState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { OneTimeTokens, type TokenPurpose } from '../users/one-time-tokens.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';

/** What a link does, for whom. */
interface Link {
  purpose: TokenPurpose;
  user: User | undefined;
  boundTo: Buffer;
}

/**
 * Writes the links of mails about accounts, when they leave: a link neither rests in the database nor ages while the
 * mail server is away. What it is bound to was settled when the mail was asked for.
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
   * To an address that is not verified yet.
   *
   * Where several passwords were typed for it, nobody knows which of them is the owner's: then the link sets one.
   */
  private async verification(draft: Draft, state: AddressState): Promise<Email | undefined> {
    const { account, registration } = state;
    const user = account && (await this.users.findById(account.id));
    if (account ? !user?.isActive : !registration) return undefined;
    // Whoever types the password of a second registration is told to look into the mailbox: the password is another one.
    if (user?.emailVerified) return registration && this.choice(draft, state, user, 'account_exists');
    const isContested = account ? registration !== undefined : registration?.openHash === undefined;
    return isContested
      ? this.choice(draft, state, user, 'choose_password')
      : this.withLink(draft, { purpose: 'verify_email', user, boundTo: verificationState(state) });
  }

  private async reset(draft: Draft, state: AddressState): Promise<Email | undefined> {
    const user = state.account && (await this.users.findById(state.account.id));
    if (user) return user.isActive ? this.choice(draft, state, user, draft.kind) : undefined;
    // Whoever has forgotten the password before the address was verified sets another one, which verifies it.
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

  /** To the new address. Where it has an account of its own, its owner is told that instead. */
  private async change(draft: Draft, state: AddressState): Promise<Email | undefined> {
    const user = await this.users.findById(Number(draft.values.userId));
    if (!user?.isActive || String(user.credentialsEpoch) !== draft.values.epoch) return undefined;
    if (state.account) return this.reset({ ...draft, kind: 'account_exists' }, state);
    return this.withLink(draft, { purpose: 'change_email', user, boundTo: moveState(user) });
  }

  /** @returns undefined where the link was used already. */
  private async withLink(
    { id, kind, to, languages }: Draft,
    { purpose, user, boundTo }: Link,
  ): Promise<Email | undefined> {
    const { template, lifetime } = this.placeOf(purpose);
    const facts = { userId: user?.id ?? null, boundTo, email: to };
    const token = await this.tokens.issue(purpose, facts, { lifetime, emailId: id }, this.db);
    if (token === undefined) return undefined;
    const link = linkTo(this.options, template, { key: token, userId: user?.id });
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
