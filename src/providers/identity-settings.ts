import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { IdentityFacts } from '../http/provider-payloads.js';
import { Outbox } from '../mail/outbox.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { Identities } from './identities.js';
import { Providers } from './providers.js';

/** The identities of a signed-in user. */
@Injectable()
export class IdentitySettings {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly identities: Identities,
    private readonly providers: Providers,
    private readonly outbox: Outbox,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'emailCodeLogin' | 'secondFactor'>,
  ) {}

  list(userId: number): Promise<IdentityFacts[]> {
    return this.identities.list(userId);
  }

  /**
   * Unlinks one, but never the last way in. **Errors** `identity_not_found`, `last_sign_in_method`, `user_inactive`.
   */
  async remove(userId: number, id: string, caller: Caller): Promise<void> {
    await this.db.transaction(async (tx) => {
      // Two requests at once must not each leave the other one's identity.
      await tx.run(LOCK_USER, [userId]);
      const user = await this.users.findById(userId, tx);
      if (!user?.isActive) throw new TokenjarError('user_inactive');
      const provider = await this.identities.remove(id, userId, tx, caller);
      if (provider === undefined) throw new TokenjarError('identity_not_found');
      if (!(await this.canSignIn(user, tx))) throw new TokenjarError('last_sign_in_method');
      await this.outbox.notify('identity_unlinked', user, null, tx, {
        provider: this.providers.nameOf(provider),
      });
    });
  }

  /**
   * Whether there is a way in. Not counted is an email that resets the password: it helps those who have lost theirs.
   *
   * @param except an identity that does not count.
   */
  async canSignIn(user: User, tx: Queries, except?: string): Promise<boolean> {
    const { emailCodeLogin, secondFactor } = this.options;
    if (user.passwordHash !== null || emailCodeLogin) return true;
    if (secondFactor !== 'off' && user.secondFactors.includes('passkey')) return true;
    const others = await this.identities.list(user.id, tx);
    return others.some(({ id, provider }) => id !== except && this.providers.has(provider));
  }
}
