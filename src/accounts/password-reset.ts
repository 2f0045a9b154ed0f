import { Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { Audit } from '../audit/audit.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { normalAddress } from '../email-address.js';
import type { Named, PasswordResetInput } from '../http/payloads.js';
import { Limits } from '../limits/limits.js';
import { type BothIds, NOBODY } from '../user-id.js';
import { type AddressState, ownerState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { isSameState, type OneTimeTokenFacts, OneTimeTokens } from '../users/one-time-tokens.js';
import { PendingRegistrations } from '../users/pending-registrations.js';
import { accountKeyOf, User } from '../users/user.entity.js';
import { Usernames } from '../users/usernames.js';
import { Users } from '../users/users.js';
import { NewPasswords } from './new-password.js';
import { PasswordReplacement } from './password-replacement.js';

/** Sets a new password through an emailed link. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly users: Users,
    private readonly usernames: Usernames,
    private readonly registrations: PendingRegistrations,
    private readonly tokens: OneTimeTokens,
    private readonly emails: BoundEmails,
    private readonly newPasswords: NewPasswords,
    private readonly replacement: PasswordReplacement,
  ) {}

  /**
   * Queues a reset email. It is only sent if there is an account and it has an address, but the work is the same for
   * every address, and for every username.
   *
   * The account of a username is read before the limits: what counts are the requests for it, by whatever name.
   * **Errors** `rate_limited`.
   */
  async ask(named: Named, caller: Caller, languages: string | null): Promise<void> {
    const { to, userId } = await this.recipientOf(named);
    await this.limits.consume('reset', { caller, account: to });
    await this.emails.queue({ to, languages }, 'reset_password', this.db);
    const requested = { event: 'password_reset_requested', outcome: 'success' } as const;
    await this.audit.record({ ...requested, userId, email: to, caller });
  }

  /** Whom the email goes to: an address, or a text that is none, with which it is not sent. */
  private async recipientOf({ email, username = '' }: Named): Promise<{ to: string; userId?: number }> {
    // The only field of a page takes both.
    const address = email ?? normalAddress(username);
    if (address !== undefined) return { to: address };
    const user = await this.usernames.find({ email: null, username });
    const registered = await this.registrations.addressOf(username);
    return user ? { to: accountKeyOf(user), userId: user.id } : { to: registered };
  }

  /**
   * Sets the password and ends all sessions, in one transaction; it does not sign the user in. The link proves control
   * of the mailbox, so the address becomes verified, and a pending registration becomes an account.
   *
   * A refused password does not use up the link.
   *
   * Second factors stay, unless they were set up before the address was verified and nothing shows that the owner of
   * the mailbox did so: an account that a stranger has registered must not keep the owner out, or the stranger in.
   *
   * @param presence where the link was used. @returns the account before and after; undefined if it is new.
   *
   * **Errors** `link_invalid`, `password_*`, `input_invalid`, `server_busy`. **Source** ASVS 5.0 7.4.3; OWASP Forgot
   * Password Cheat Sheet.
   */
  async confirm(
    input: PasswordResetInput,
    presence: Presence,
    caller: Caller,
    languages: string | null,
  ): Promise<{ before: User; after: User } | undefined> {
    const { token, newPassword, confirmation, fieldErrors } = input;
    const named = await this.subjectOf(input);
    const choice = { field: 'newPassword', ...named, confirmation, fieldErrors };
    const hash = await this.newPasswords.hash(newPassword, choice, caller);
    return this.db.transaction(async (tx) => {
      const found = await this.tokens.consume('reset_password', token, tx);
      const state = found && (await this.stateOf(found, tx));
      if (!state || !isSameState(found.boundTo, ownerState(state))) throw new TokenjarError('link_invalid');
      const { account } = state;
      const email = found.email || null;
      // The owner must not stay locked out by somebody else's guesses, whatever the device.
      await this.limits.forget('login', account ? accountKeyOf({ ...account, email }) : found.email, tx);
      return account
        ? this.replacement.replace({ ...account, email }, hash, { presence, caller, languages }, tx)
        : this.create(found.email, state, hash, caller, tx);
    });
  }

  private async create(
    email: string,
    { registration }: AddressState,
    hash: string,
    caller: Caller,
    tx: Queries,
  ): Promise<undefined> {
    const settled = registration && (await this.registrations.settle(email, registration.id, tx));
    const username = settled && (await this.usernames.ifFree(settled.username, email, tx));
    const user = settled && (await this.users.create(email, hash, tx, caller, true, username));
    if (!user) throw new TokenjarError('link_invalid');
    await this.audit.record({ event: 'email_verification', outcome: 'success', userId: user.id, caller }, tx);
  }

  /** What the account is called whose password the link sets. */
  private async subjectOf({ token, owner }: PasswordResetInput): Promise<Pick<User, 'email' | 'username'>> {
    const found = await this.tokens.find('reset_password', token, this.db);
    const state = found && (await this.stateOf(found));
    const isCurrent = state && isSameState(found.boundTo, ownerState(state));
    const holder = isCurrent ? await this.holderOf(state) : undefined;
    if (found && holder && (owner === undefined || isOwner(holder, owner)))
      return { email: found.email || null, username: holder.username };
    if (owner === undefined) throw new TokenjarError('link_invalid');
    // If the link contains the user, the error names the invalid part; user IDs are not secret in that dialect.
    const isKnown = await this.db.repository(User).existsBy(named(owner));
    const field = isKnown ? 'token' : 'userId';
    throw new TokenjarError('link_invalid', { errors: { [field]: ['This is not right.'] } });
  }

  /** Whose password the link sets; undefined if the account may have none set. */
  private async holderOf({ account }: AddressState): Promise<Holder | undefined> {
    if (!account) return { ...NOBODY, username: null };
    const user = await this.users.findById(account.id);
    return user?.isActive === true ? user : undefined;
  }

  /** The owner of the address; for a link that was made without one, the account while it has none. */
  private async stateOf(
    { email, userId }: OneTimeTokenFacts,
    queries: Queries = this.db,
  ): Promise<AddressState> {
    if (email !== '') return this.emails.stateOf(email, queries);
    const user = userId === null ? undefined : await this.users.findById(userId, queries);
    return { account: user?.email === null ? user : undefined, registration: undefined };
  }
}

type Holder = BothIds & Pick<User, 'username'>;
type Owner = NonNullable<PasswordResetInput['owner']>;

const isOwner = ({ id, publicId }: BothIds, owner: Owner): boolean =>
  'userId' in owner ? owner.userId === id : owner.publicId === publicId;

const named = (owner: Owner): { id: number } | { publicId: string } =>
  'userId' in owner ? { id: owner.userId } : owner;
