import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { FactorsOverview } from '../http/payloads.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { FactorResets } from './factor-resets.js';
import { Factors } from './factors.js';
import { RecoveryCodes } from './recovery-codes.js';
import { SecondFactorPolicy } from './second-factor-policy.js';
import { TrustedDevices } from './trusted-devices.js';

/** The second factors of an account, for its user to read. */
@Injectable()
export class FactorOverview {
  constructor(
    private readonly users: Users,
    private readonly factors: Factors,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly trustedDevices: TrustedDevices,
    private readonly policy: SecondFactorPolicy,
    private readonly resets: FactorResets,
  ) {}

  /** **Errors** `user_not_found`, `user_inactive`. */
  async of(userId: number): Promise<FactorsOverview> {
    const user = await this.users.findById(userId);
    if (!user) throw new TokenjarError('user_not_found');
    if (!user.isActive) throw new TokenjarError('user_inactive');
    return this.show(user);
  }

  /** For an administrator, also of a deactivated account. */
  async show(user: User): Promise<FactorsOverview> {
    const userId = user.id;
    const reset = await this.resets.find(userId);
    return {
      factors: await this.factors.list(userId),
      recoveryCodesLeft: await this.recoveryCodes.left(userId),
      isRequired: this.policy.isMandatoryFor(user),
      hasPassword: user.passwordHash !== null,
      trustedDevices: await this.trustedDevices.list(userId),
      resetAt: reset?.dueAt ?? null,
      resetFactorId: reset?.factorId ?? null,
    };
  }
}
