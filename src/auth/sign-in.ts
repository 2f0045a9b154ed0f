import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Queries } from '../database/database.js';
import { type ErrorCode, TokenjarError } from '../errors.js';
import type { Answer } from '../http/cookies.js';
import type { TokensAndUser } from '../http/payloads.js';
import type { PendingSignIn, SignInResult } from '../http/pending-sign-in.js';
import { Admission } from './admission.js';
import { Entry, type Proof } from './entry.js';
import { PendingLogins } from './pending-logins.js';
import { SecondSteps, type StepNeed } from './second-steps.js';

/** Why a user who has proven who they are is not let in. */
const REFUSED_AT_THE_DOOR: readonly ErrorCode[] = [
  'email_not_verified',
  'session_limit_reached',
  'invalid_scope',
  'sign_in_refused',
];

/** The single entry point: every kind of sign-in ends here. */
@Injectable()
export class SignIn {
  constructor(
    private readonly steps: SecondSteps,
    private readonly pending: PendingLogins,
    private readonly entry: Entry,
    private readonly audit: Audit,
    private readonly admission: Admission,
  ) {}

  /**
   * Opens a session for a user who has proven who they are, or returns what is still missing.
   *
   * **Errors** `email_not_verified`, `invalid_scope`, `session_limit_reached`, `sign_in_refused`, `hook_failed`; if the account has changed meanwhile,
   * {@link Proof.ifChanged}, or `login_expired` for a pending login.
   */
  async finish(proof: Proof): Promise<Answer<SignInResult>> {
    try {
      await this.admission.demandOfAll(proof);
      const need = await this.steps.needs(proof);
      return need ? await this.suspend(proof, need) : await this.enter(proof);
    } catch (error) {
      if (error instanceof TokenjarError && REFUSED_AT_THE_DOOR.includes(error.code))
        await this.recordRefusal(proof, error.code);
      throw error;
    }
  }

  private enter(proof: Proof): Promise<Answer<TokensAndUser>> {
    const acts = this.steps.actsFor(proof.device, proof.caller);
    const whole = acts.length === 0 ? proof : { ...proof, onEntry: [...(proof.onEntry ?? []), ...acts] };
    return this.entry.open(whole, this.claimOf(whole));
  }

  private async suspend(proof: Proof, need: StepNeed): Promise<Answer<PendingSignIn>> {
    const { account, methods, remember = true, scope = null, pending } = proof;
    const result = { needs: `${need.kind}_required`, methods: need.methods } as const;
    if (pending) {
      const expiresIn = await this.pending.goOn(pending, { account, methods, need });
      return { result: { ...result, expiresIn }, cookies: [] };
    }
    const { secret, expiresIn } = await this.pending.begin({ account, methods, need, remember, scope });
    return {
      result: { ...result, expiresIn, loginToken: secret },
      cookies: [{ cookie: 'pendingLogin', value: secret, maxAge: expiresIn, isSignIn: true }],
    };
  }

  private claimOf({ pending, onEntry = [] }: Proof): ((tx: Queries) => Promise<void>) | undefined {
    if (pending) return (tx) => this.pending.consume(pending, tx);
    return onEntry.length === 0 ? undefined : () => Promise.resolve();
  }

  private async recordRefusal({ account: { id: userId }, caller }: Proof, reason: ErrorCode): Promise<void> {
    await this.audit.record({ event: 'login', outcome: 'failure', reason, userId, caller });
  }
}
