import { Injectable } from '@nestjs/common';
import type { Device } from '../auth/known-devices.js';
import type { OnEntry } from '../auth/second-steps.js';
import type { Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer } from '../http/cookies.js';
import { Outbox } from '../mail/outbox.js';
import type { User } from '../users/user.entity.js';
import { Identities, type NamedAccount } from './identities.js';
import { PENDING_LIFETIME, PendingIdentities, type WantedSession } from './pending-identities.js';
import type { ProviderAccount } from './provider.js';
import { Providers } from './providers.js';

/** Whom one is linked to, and how to tell them. */
type LinkingUser = Pick<User, 'id' | 'email' | 'emailVerified' | 'locale'>;

/** Links accounts at providers to users: at once, or when their owner signs in. */
@Injectable()
export class IdentityLinks {
  constructor(
    private readonly identities: Identities,
    private readonly pending: PendingIdentities,
    private readonly providers: Providers,
    private readonly outbox: Outbox,
  ) {}

  /** Links one, and tells the user. @returns false if it is linked to somebody already. */
  async link(user: LinkingUser, account: NamedAccount, tx: Queries, caller: Caller): Promise<boolean> {
    if (!(await this.identities.add(user.id, account, tx, caller))) return false;
    const values = { provider: this.providers.nameOf(account.provider) };
    await this.outbox.notify('identity_linked', user, null, tx, values);
    return true;
  }

  /** Links one unless it is linked to this user already. **Errors** `identity_taken` if it is to another one. */
  async demandOwn(
    user: LinkingUser,
    account: ProviderAccount & NamedAccount,
    tx: Queries,
    caller: Caller,
  ): Promise<void> {
    const linkedTo = await this.identities.use(account, tx);
    if (linkedTo === user.id) return;
    if (linkedTo !== undefined || !(await this.link(user, account, tx, caller)))
      throw new TokenjarError('identity_taken');
  }

  /** Whether it is linked to this user; then it counts as used. */
  async isLinkedTo(userId: number, account: ProviderAccount, tx: Queries): Promise<boolean> {
    return (await this.identities.use(account, tx)) === userId;
  }

  /** Unlinks one, and tells the user. **Errors** `identity_not_found`. */
  async unlink(user: LinkingUser, id: string, tx: Queries, caller: Caller): Promise<void> {
    const provider = await this.identities.remove(id, user.id, tx, caller);
    if (provider === undefined) throw new TokenjarError('identity_not_found');
    await this.outbox.notify('identity_unlinked', user, null, tx, {
      provider: this.providers.nameOf(provider),
    });
  }

  /** Whether a user can sign in with one: its provider has to be among the settings still. */
  async hasUsable(userId: number, tx: Queries, except?: string): Promise<boolean> {
    const all = await this.identities.list(userId, tx);
    return all.some(({ id, provider }) => id !== except && this.providers.has(provider));
  }

  /** Lets the next sign-in to this account, in the same browser, link one. **Errors** `rate_limited`. */
  async await(owner: Pick<User, 'id'>, account: NamedAccount): Promise<Answer<undefined>> {
    const value = await this.pending.add(owner.id, account);
    if (value === undefined) throw new TokenjarError('rate_limited');
    return { result: undefined, cookies: [{ cookie: 'pendingIdentity', value, maxAge: PENDING_LIFETIME }] };
  }

  /** Lets its user name an address in the same browser. @returns the secret, for clients without cookies. */
  async awaitAddress(account: NamedAccount, wanted: WantedSession): Promise<Answer<string>> {
    const value = await this.pending.addUnknown(account, wanted);
    return { result: value, cookies: [{ cookie: 'pendingIdentity', value, maxAge: PENDING_LIFETIME }] };
  }

  /** What a sign-in does in a browser where an account at a provider waits to be linked. */
  onEntry({ cookies: { pendingIdentity } }: Device, caller: Caller): OnEntry | undefined {
    if (pendingIdentity.length === 0) return undefined;
    return async (tx, user) => {
      const waiting = await this.pending.consume(pendingIdentity, user.id, tx);
      for (const account of waiting) await this.link(user, account, tx, caller);
      return waiting.length === 0 ? {} : { cookies: [{ cookie: 'pendingIdentity', value: null }] };
    };
  }
}
