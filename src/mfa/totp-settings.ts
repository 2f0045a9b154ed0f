import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { FactorFacts, SetUpFactor, TotpActivation, TotpSetupFacts } from '../http/payloads.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import type { ChangingSession } from './factor-changes.js';
import { Factors } from './factors.js';
import { SecondFactorAttempts } from './second-factor-attempts.js';
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
    private readonly attempts: SecondFactorAttempts,
  ) {}

  /** **Errors** `factor_exists`; `method_not_available` while second factors are off. */
  async begin(session: ChangingSession): Promise<TotpSetupFacts> {
    return this.secrets.begin(`session ${session.sessionId}`, await this.ownerWithoutOne(session));
  }

  /** **Errors** `setup_expired`, `second_factor_wrong`, and those of {@link begin}. */
  async confirm(
    session: ChangingSession,
    { code, name, setupId }: TotpActivation,
    caller: Caller,
  ): Promise<SetUpFactor> {
    const user = await this.ownerWithoutOne(session);
    const confirmed = await this.secrets.confirm(`session ${session.sessionId}`, user.id, code, setupId);
    if (!confirmed) throw new TokenjarError('second_factor_wrong');
    return this.factors.add(confirmed.keep, { user, session, type: 'totp', name, methods: ['otp'], caller });
  }

  /** @returns null if there is none. */
  async find(userId: number): Promise<FactorFacts | null> {
    return (await this.factors.list(userId)).find(({ type }) => type === 'totp') ?? null;
  }

  /** Removes the app, using a code of it. **Errors** `factor_not_found`, `second_factor_wrong`, `rate_limited`, `factor_mandatory`. */
  async removeWith(session: ChangingSession, code: string, caller: Caller): Promise<void> {
    const [user, totp] = [await this.users.findById(session.userId), await this.find(session.userId)];
    if (!user || !totp) throw new TokenjarError('factor_not_found');
    const isRight = () => this.secrets.consume(user.id, code);
    if (!(await this.attempts.check(user, session, caller, isRight)))
      throw new TokenjarError('second_factor_wrong');
    await this.factors.remove(session, totp.id, caller);
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
