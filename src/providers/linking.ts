import { Inject, Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { UnprovenAccounts } from '../auth/unproven-accounts.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Acceptance } from '../invitations/acceptance.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { Invitations } from '../invitations/invitations.js';
import { Limits } from '../limits/limits.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
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
    private readonly invitations: Invitations,
    private readonly acceptance: Acceptance,
    private readonly hooks: HookCalls,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'linkVerified' | 'registration'>,
  ) {}

  /**
   * The account of somebody who signs in with a provider. Issuer and subject say whose it is, the address never does: it
   * only says which account somebody means whom we do not know yet, and only if the provider has verified it.
   *
   * @returns undefined if nobody knows them, and there is no verified address. Whether the account is active is for the
   * caller to see. **Errors** `registration_closed`, `rate_limited`, `input_invalid` if the host refuses, `hook_failed`, `login_expired` if the account changes meanwhile. **Source** GHSA-qq9h-g4jm-xgf3 (pre-hijacking); ASVS 5.0 6.8.1.
   */
  async accountOf(found: FoundAccount, presence: Presence, caller: Caller): Promise<Known | undefined> {
    try {
      return await this.find(found, presence, caller);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      // What it has done is there by now.
      return this.find(found, presence, caller);
    }
  }

  /** @throws {Overtaken} */
  private async find(found: FoundAccount, presence: Presence, caller: Caller): Promise<Known | undefined> {
    const userId = await this.identities.use(found);
    const user = userId === undefined ? undefined : await this.users.findById(userId);
    if (user) return { user, isNew: false };
    const { email } = found;
    if (email === undefined || !found.isEmailVerified) return undefined;
    const owner = await this.users.findByEmail(email);
    if (!owner) return this.create(email, found, caller);
    if (!owner.isActive || (owner.emailVerified && !this.options.linkVerified)) {
      // Another tab may have made the account, and linked it, between the two looks above.
      if ((await this.identities.use(found)) !== undefined) throw new Overtaken();
      return { owner };
    }
    return { user: await this.take(owner, found, presence, caller), isNew: false };
  }

  /** An invitation counts as accepted: the provider has verified the address that it was sent to. @throws {Overtaken} */
  private async create(email: string, found: FoundAccount, caller: Caller): Promise<Known> {
    const invitation = await this.invitations.findFor(email);
    if (!invitation && !this.options.registration) throw new TokenjarError('registration_closed');
    await this.limits.consume('registration', { caller, account: email });
    if (!invitation) await this.askHost(email, found, caller);
    const user = await this.db.transaction(async (tx) => {
      const accepted = invitation && (await this.invitations.take(invitation, tx));
      if (invitation && !accepted) throw new Overtaken();
      const created = await this.users.create(email, null, tx, caller, true);
      const isLinked = created && (await this.identities.add(created.id, found, tx, caller));
      if (!isLinked) throw new Overtaken();
      return accepted ? this.acceptance.welcome(created, accepted, tx, caller) : created;
    });
    return { user, isNew: true };
  }

  private async askHost(email: string, { provider }: FoundAccount, { ip, userAgent }: Caller): Promise<void> {
    const errors = await this.hooks.call('beforeRegistration', {
      email,
      username: null,
      provider,
      profile: null,
      ip,
      userAgent,
    });
    if (errors) throw new TokenjarError('input_invalid', { errors });
  }

  /**
   * Of an account that nobody had verified, the owner of the address gets nothing that a stranger set there, unless they
   * come in a browser that has signed in to it.
   */
  private take(owner: User, found: FoundAccount, presence: Presence, caller: Caller): Promise<User> {
    return this.db.transaction(async (tx) => {
      const user = owner.emailVerified
        ? await this.unchanged(owner, tx)
        : await this.unproven.prove(owner, presence, tx, caller);
      if (!(await this.links.link(user, found, tx, caller))) throw new Overtaken();
      return user;
    });
  }

  /** Locks an account that still has the address it was found by. @throws {Overtaken} */
  private async unchanged({ id, credentialsEpoch }: User, tx: Queries): Promise<User> {
    await tx.run(LOCK_USER, [id]);
    const user = await this.users.findById(id, tx);
    if (user?.isActive !== true || user.credentialsEpoch !== credentialsEpoch) throw new Overtaken();
    return user;
  }
}

/** Another request of the same user was quicker, in another tab: it has made the account, or linked to it. */
class Overtaken extends TokenjarError {
  constructor() {
    super('login_expired');
  }
}
