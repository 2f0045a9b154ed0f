import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer } from '../http/cookies.js';
import type { PendingSignIn, SecondFactorInput, SignInResult } from '../http/pending-sign-in.js';
import { Users } from '../users/users.js';
import type { Device } from './known-devices.js';
import { type PendingLoginRow, PendingLogins } from './pending-logins.js';
import { SecondFactorFailures } from './second-factor-failures.js';
import { SecondSteps, type SignInProgress, type StepNeed, type Verified } from './second-steps.js';
import { SignIn } from './sign-in.js';

/** A pending login, and its state. */
export interface ResumedLogin {
  login: PendingLoginRow;
  progress: SignInProgress;
  need: StepNeed;
}

/** The further steps of a pending login. */
@Injectable()
export class SecondFactor {
  constructor(
    private readonly pending: PendingLogins,
    private readonly users: Users,
    private readonly steps: SecondSteps,
    private readonly signIn: SignIn,
    private readonly failures: SecondFactorFailures,
  ) {}

  /**
   * Finds a pending login, and what it needs.
   *
   * @param secrets the secrets of pending logins in the request. **Errors** `login_expired`.
   */
  async resume(secrets: readonly string[], device: Device): Promise<ResumedLogin> {
    const login = await this.pending.find(secrets);
    const account = await this.users.findById(login.userId);
    if (!account?.isActive) throw new TokenjarError('login_expired');
    const progress = { account, methods: login.methods, device, loginId: login.digest.toString('base64url') };
    const need = await this.steps.needs(progress);
    if (!need || !this.pending.isBoundTo(login, account, need)) throw new TokenjarError('login_expired');
    return { login, progress, need };
  }

  /** What a pending login lacks, for a browser that was not told. **Errors** `login_expired`. */
  async show(secrets: readonly string[], device: Device): Promise<PendingSignIn> {
    const { login, need } = await this.resume(secrets, device);
    return {
      needs: `${need.kind}_required`,
      methods: need.methods,
      expiresIn: this.pending.remainingOf(login),
    };
  }

  /**
   * Continues a login.
   *
   * @param secrets the secrets of pending logins in the request.
   * **Errors** `login_expired`, `method_not_available`, `second_factor_wrong`, `rate_limited`, and those of
   * {@link SignIn.finish}.
   */
  async verify(
    secrets: readonly string[],
    input: SecondFactorInput,
    device: Device,
    caller: Caller,
  ): Promise<Answer<SignInResult>> {
    const { login, progress, need } = await this.resume(secrets, device);
    const { account } = progress;
    const step = need.methods.includes(input.method) ? this.steps.stepFor(input.method) : undefined;
    if (!step) throw new TokenjarError('method_not_available');
    const { proved, isLast } = await this.pending.attempt(login, () => step.verify(progress, input, caller));
    if (!proved) {
      const { wrong: reason = 'second_factor_wrong' } = step;
      await this.failures.note(account, reason, isLast, device, caller);
      throw new TokenjarError(reason);
    }
    const { methods: more, setUp }: Verified = 'methods' in proved ? proved : { methods: proved };
    const trust = input.trustDevice ? this.steps.trust(device, caller) : undefined;
    const { remember, scope } = login;
    const proof = {
      account,
      methods: [...new Set([...login.methods, ...more])],
      device,
      caller,
      remember,
      scope,
      pending: login,
      onEntry: [setUp, trust].filter((each) => each !== undefined),
      isSettingUp: setUp !== undefined,
    };
    try {
      return await this.signIn.finish(proof);
    } catch (error) {
      // Such as `session_limit_reached`: the answer was right.
      await this.pending.refund(login);
      throw error;
    }
  }
}
