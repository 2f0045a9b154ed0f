import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { NewTotpFactor, SetUpFactor, TotpSetupFacts } from '../http/payloads.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import type { ChangingSession } from './factor-changes.js';
import { Factors } from './factors.js';
import { SecondFactorPolicy } from './second-factor-policy.js';
import { TotpSecrets } from './totp-secrets.js';

/** Setting up an authenticator app while signed in. */
@Injectable()
export class TotpSettings {
  constructor(
    private readonly users: Users,
    private readonly factors: Factors,
    private readonly secrets: TotpSecrets,
    private readonly policy: SecondFactorPolicy,
  ) {}

  /** **Errors** `factor_exists`; `method_not_available` while second factors are off. */
  async begin(session: ChangingSession): Promise<TotpSetupFacts> {
    return this.secrets.begin(`session ${session.sessionId}`, await this.ownerWithoutOne(session));
  }

  /** **Errors** `setup_expired`, `second_factor_wrong`, and those of {@link begin}. */
  async confirm(
    session: ChangingSession,
    { code, name }: NewTotpFactor,
    caller: Caller,
  ): Promise<SetUpFactor> {
    const user = await this.ownerWithoutOne(session);
    const confirmed = await this.secrets.confirm(`session ${session.sessionId}`, user.id, code);
    if (!confirmed) throw new TokenjarError('second_factor_wrong');
    return this.factors.add(confirmed.keep, { user, session, type: 'totp', name, methods: ['otp'], caller });
  }

  private async ownerWithoutOne({ userId }: ChangingSession): Promise<User> {
    const user = await this.users.findById(userId);
    if (!user) throw new TokenjarError('user_not_found');
    if (!user.isActive) throw new TokenjarError('user_inactive');
    if (!this.policy.isOn) throw new TokenjarError('method_not_available');
    if (user.secondFactors.includes('totp')) throw new TokenjarError('factor_exists');
    return user;
  }
}
