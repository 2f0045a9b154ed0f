import { Injectable } from '@nestjs/common';
import type { SecondStep, SignInProgress, Verified } from '../auth/second-steps.js';
import { missingField, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { SecondFactorInput } from '../http/pending-sign-in.js';
import { Factors } from '../mfa/factors.js';
import { SecondFactorAttempts } from '../mfa/second-factor-attempts.js';
import type { ChallengeUse } from './challenges.js';
import { PasskeyProof } from './passkey-proof.js';
import { PasskeyRequests } from './passkey-requests.js';
import { PasskeyRegistration } from './registration.js';

/** A passkey as a second factor; the first one of an account that needs a factor is set up in the login. */
@Injectable()
export class PasskeyStep implements SecondStep {
  readonly methods = ['passkey'];
  readonly wrong = 'passkey_invalid';

  constructor(
    private readonly proof: PasskeyProof,
    private readonly registration: PasskeyRegistration,
    private readonly factors: Factors,
    private readonly attempts: SecondFactorAttempts,
    private readonly requests: PasskeyRequests,
  ) {}

  /** Of the passkeys of the account; where it has no factor, for a new one. **Errors** `method_not_available`. */
  async options(progress: SignInProgress): Promise<Record<string, unknown>> {
    const { account, loginId } = progress;
    return account.secondFactors.length === 0 && loginId !== undefined
      ? this.registration.options(account, `setup ${loginId}`)
      : this.requests.optionsFor(account.id, useOf(progress));
  }

  async verify(
    progress: SignInProgress,
    { credential }: SecondFactorInput,
    caller: Caller,
  ): Promise<Verified | undefined> {
    if (credential === undefined) throw missingField('credential');
    const { account, loginId } = progress;
    if (account.secondFactors.length === 0)
      return loginId === undefined ? undefined : this.setUp(loginId, credential, caller);
    return this.attempts.judge(account, caller, () =>
      this.proof.verify(credential, { use: useOf(progress), userId: account.id, caller }),
    );
  }

  private async setUp(loginId: string, credential: unknown, caller: Caller): Promise<Verified | undefined> {
    const made = await this.registration.verify(credential, `setup ${loginId}`);
    if (!made) return undefined;
    const { keep, ...facts } = made;
    return {
      methods: made.methods,
      setUp: (tx, user) => this.factors.addIn(tx, keep, { ...facts, user, caller }),
    };
  }
}

/** **Errors** `method_not_available` if an answer could be accepted for more than one login or session. */
function useOf({ loginId, sessionId }: SignInProgress): ChallengeUse {
  if (loginId !== undefined) return `step ${loginId}`;
  if (sessionId === undefined) throw new TokenjarError('method_not_available');
  return `session ${sessionId}`;
}
