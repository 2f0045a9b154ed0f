import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Device } from '../auth/known-devices.js';
import { SignIn } from '../auth/sign-in.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer } from '../http/cookies.js';
import type { PasskeyLoginInput } from '../http/passkey-payloads.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import type { Outcome } from '../limits/limit-policies.js';
import { Limits } from '../limits/limits.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { PasskeyProof, type ProvedPasskey } from './passkey-proof.js';

/**
 * Signing in by a passkey alone.
 *
 * The answer says who it is, and the secret that it comes from the browser that was given the challenge.
 */
@Injectable()
export class PasskeySignIn {
  constructor(
    private readonly proof: PasskeyProof,
    private readonly signIn: SignIn,
    private readonly users: Users,
    private readonly limits: Limits,
    private readonly audit: Audit,
  ) {}

  /**
   * Signs in the owner of a passkey. Without user verification it is one factor, and the password is asked for.
   *
   * @param secrets the values of `passkey_challenge` in the request. **Errors** `passkey_invalid`, whatever is wrong; `rate_limited`;
   * and those of {@link SignIn.finish}.
   */
  async verify(
    secrets: readonly string[],
    { credential, remember = true, scope }: PasskeyLoginInput,
    device: Device,
    caller: Caller,
  ): Promise<Answer<SignInResult>> {
    const { account, methods } = await this.identify(secrets, credential, caller);
    const proof = { account, methods, device, caller, remember, scope };
    const { result, cookies } = await this.signIn.finish({ ...proof, ifChanged: 'passkey_invalid' });
    return { result, cookies: [...cookies, { cookie: 'passkeyChallenge', value: null }] };
  }

  private async identify(
    secrets: readonly string[],
    credential: unknown,
    caller: Caller,
  ): Promise<{ account: User; methods: ProvedPasskey['methods'] }> {
    const attempt = await this.limits.consume('login', { caller });
    let outcome: Outcome = 'void';
    try {
      const proved = await this.judge(secrets, credential, caller);
      const account = proved && (await this.users.findById(proved.userId));
      // The passkey may have been removed since; the session is only opened for the factors that are read here.
      const isTheirs = account?.isActive === true && account.factorsEpoch === proved?.factorsEpoch;
      outcome = isTheirs ? 'success' : 'failure';
      if (proved && isTheirs) return { account, methods: proved.methods };
      await this.recordFailure(account, caller);
      throw new TokenjarError('passkey_invalid');
    } finally {
      await attempt.settle(outcome);
    }
  }

  /** Of several secrets, one is the browser's. Whoever planted another gains nothing. */
  private async judge(
    secrets: readonly string[],
    credential: unknown,
    caller: Caller,
  ): Promise<ProvedPasskey | undefined> {
    for (const secret of new Set(secrets)) {
      const proved = await this.proof.verify(credential, { use: `sign-in ${secret}`, caller });
      if (proved) return proved;
    }
    return undefined;
  }

  private async recordFailure(account: User | undefined, caller: Caller): Promise<void> {
    const reason = account?.isActive === false ? 'user_inactive' : 'passkey_invalid';
    await this.audit.record({
      event: 'login',
      outcome: 'failure',
      reason,
      ...(account && { userId: account.id }),
      caller,
    });
  }
}
