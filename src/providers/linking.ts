import { Inject, Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { UnprovenAccounts } from '../auth/unproven-accounts.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Limits } from '../limits/limits.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { Identities } from './identities.js';
import { IdentityLinks } from './identity-links.js';
import type { ProviderAccount } from './provider.js';

/** An account at a provider of the settings. */
export type FoundAccount = ProviderAccount & { provider: string };

/** Whom somebody is, who comes from a provider. */
export type Known =
  /** They may sign in. */
  | { user: User; isNew: boolean }
  /** They have to sign in to this account first. */
  | { owner: User };

/** Says which account belongs to an account at a provider. */
@Injectable()
export class Linking {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly identities: Identities,
    private readonly links: IdentityLinks,
    private readonly unproven: UnprovenAccounts,
    private readonly limits: Limits,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'linkVerified' | 'registration'>,
  ) {}

  /**
   * The account of somebody who signs in with a provider. Issuer and subject say whose it is, the address never does: it
   * only says which account somebody means whom we do not know yet, and only if the provider has verified it.
   *
   * @returns undefined if nobody knows them, and there is no verified address. **Errors** `user_inactive`,
   * `registration_closed`, `rate_limited`. **Source** GHSA-qq9h-g4jm-xgf3 (pre-hijacking); ASVS 5.0 6.8.1.
   */
  async accountOf(found: FoundAccount, presence: Presence, caller: Caller): Promise<Known | undefined> {
    const userId = await this.identities.use(found);
    if (userId !== undefined) {
      const user = await this.users.findById(userId);
      if (!user?.isActive) throw new TokenjarError('user_inactive');
      return { user, isNew: false };
    }
    const { email } = found;
    if (email === undefined || !found.isEmailVerified) return undefined;
    const owner = await this.users.findByEmail(email);
    if (!owner) return this.create(email, found, caller);
    if (!owner.isActive) throw new TokenjarError('user_inactive');
    if (owner.emailVerified && !this.options.linkVerified) return { owner };
    return { user: await this.take(owner, found, presence, caller), isNew: false };
  }

  private async create(email: string, found: FoundAccount, caller: Caller): Promise<Known> {
    if (!this.options.registration) throw new TokenjarError('registration_closed');
    await this.limits.consume('registration', { caller, account: email });
    const user = await this.db.transaction(async (tx) => {
      const created = await this.users.create(email, null, tx, caller, true);
      // Two tabs at once: the other one has just done it.
      const isLinked = created && (await this.identities.add(created.id, found, tx, caller));
      if (!isLinked) throw new TokenjarError('login_expired');
      return created;
    });
    return { user, isNew: true };
  }

  /**
   * Of an account that nobody had verified, the owner of the address gets nothing that a stranger set there, unless they
   * come in a browser that has signed in to it.
   */
  private take(owner: User, found: FoundAccount, presence: Presence, caller: Caller): Promise<User> {
    return this.db.transaction(async (tx) => {
      const user = owner.emailVerified ? owner : await this.unproven.prove(owner, presence, tx, caller);
      if (!(await this.links.link(user, found, tx, caller))) throw new TokenjarError('login_expired');
      return user;
    });
  }
}
