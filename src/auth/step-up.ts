import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { demand } from '../http/step-up.guard.js';
import type { AuthenticationClaims } from '../tokens/authentication.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';

/** The one place that says when an operation demands a second factor because the account has one. */
@Injectable()
export class StepUp {
  constructor(
    private readonly users: Users,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'freshSignIn' | 'secondFactor'>,
  ) {}

  /**
   * Demands a recent sign-in with two factors, if the account has a second one.
   *
   * **Errors** `insufficient_user_authentication`.
   */
  demandFactor(me: AuthenticationClaims, account: Pick<User, 'secondFactors'>): void {
    if (!this.hasFactor(account)) return;
    demand(me, { maxAge: this.options.freshSignIn, level: 'aal2' }, this.clock.now());
  }

  /**
   * Demands a recent sign-in; with two factors, if the account has a second one.
   *
   * **Errors** `insufficient_user_authentication`.
   */
  demandFresh(me: AuthenticationClaims, account: Pick<User, 'secondFactors'>): void {
    const level = this.hasFactor(account) ? ('aal2' as const) : undefined;
    demand(me, { maxAge: this.options.freshSignIn, level }, this.clock.now());
  }

  /** Like {@link demandFresh}, by the account's ID. */
  async demandFreshById(me: AuthenticationClaims & { userId: number }): Promise<void> {
    const level = (await this.hasFactorById(me.userId)) ? ('aal2' as const) : undefined;
    demand(me, { maxAge: this.options.freshSignIn, level }, this.clock.now());
  }

  /** Whether an account has a second factor, by its ID. */
  async hasFactorById(userId: number): Promise<boolean> {
    if (this.options.secondFactor === 'off') return false;
    const account = await this.users.findById(userId);
    return account !== undefined && this.hasFactor(account);
  }

  /** A factor that sign-ins do not ask for counts as none: nobody could use it to authenticate again. */
  hasFactor({ secondFactors }: Pick<User, 'secondFactors'>): boolean {
    return this.options.secondFactor !== 'off' && secondFactors.length > 0;
  }
}
