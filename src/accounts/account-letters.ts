import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import type { Draft, Letter } from '../mail/letter.js';
import { linkTo } from '../mail/links.js';
import { Sending } from '../mail/sending.js';
import { OneTimeTokens, stateOf } from '../users/one-time-tokens.js';
import { type Account, Users } from '../users/users.js';

/**
 * Writes the links of letters about accounts, at the moment in which they go out.
 *
 * Until then nobody has looked whether the address has an account: a request for such a letter is the same work for
 * any address, and its link neither rests in the database nor ages while the mail server is away.
 */
@Injectable()
export class AccountLetters implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly tokens: OneTimeTokens,
    private readonly sending: Sending,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    this.sending.prepare('verify_email', (draft) => this.verification(draft));
    this.sending.prepare('reset_password', (draft) => this.reset(draft));
    this.sending.prepare('account_exists', (draft) => this.reset(draft));
    this.sending.prepare('change_email', (draft) => this.change(draft));
  }

  /** To an active account whose address is not verified yet. */
  private async verification(draft: Draft): Promise<Letter | undefined> {
    const user = await this.activeUserOf(draft.to);
    if (!user || user.emailVerified) return undefined;
    const lifetime = this.options.emailLinkLifetime;
    const facts = { userId: user.id, boundTo: verificationState(user), email: null };
    const key = await this.tokens.issue('verify_email', facts, { lifetime, letterId: draft.id }, this.db);
    return this.withLink(draft, user, this.options.verifyEmailLink, { key }, lifetime);
  }

  private async reset(draft: Draft): Promise<Letter | undefined> {
    const user = await this.activeUserOf(draft.to);
    if (!user) return undefined;
    const lifetime = this.options.passwordResetLifetime;
    const facts = { userId: user.id, boundTo: resetState(user), email: null };
    const token = await this.tokens.issue('reset_password', facts, { lifetime, letterId: draft.id }, this.db);
    // dj-rest-auth's uid: the id in base 36, as django-allauth writes it.
    const values = { token, uid: user.id.toString(36) };
    return this.withLink(draft, user, this.options.resetPasswordLink, values, lifetime);
  }

  /** To the new address. Where it has an account of its own, its owner is told that instead. */
  private async change(draft: Draft): Promise<Letter | undefined> {
    const user = await this.users.findById(Number(draft.values.userId));
    if (!user?.isActive) return undefined;
    if (await this.users.findByEmail(draft.to)) return this.reset({ ...draft, kind: 'account_exists' });
    const lifetime = this.options.emailLinkLifetime;
    const facts = { userId: user.id, boundTo: emailChangeState(user), email: draft.to };
    const key = await this.tokens.issue('change_email', facts, { lifetime, letterId: draft.id }, this.db);
    return this.withLink(draft, user, this.options.changeEmailLink, { key }, lifetime);
  }

  private async activeUserOf(email: string): Promise<Account | undefined> {
    const user = await this.users.findByEmail(email);
    return user?.isActive ? user : undefined;
  }

  private withLink(
    { kind, to, languages }: Draft,
    { locale }: Account,
    template: string,
    values: Record<string, string>,
    lifetime: number,
  ): Letter {
    const link = linkTo(this.options, template, values);
    return { kind, to, languages: locale ?? languages, values: { link, lifetime: String(lifetime) } };
  }
}

/** A link is dead once the address is another one. */
export const verificationState = ({ email }: Account): Buffer => stateOf(email);
/** A link is dead once the password or the address is another one. */
export const resetState = ({ email, passwordHash }: Account): Buffer => stateOf(email, passwordHash);
export const emailChangeState = resetState;
