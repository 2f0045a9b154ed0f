import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { missingField, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { ReauthenticationInput } from '../http/pending-sign-in.js';
import type { Principal } from '../http/principal.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { Users } from '../users/users.js';
import type { Device } from './known-devices.js';
import { CodeLogin } from './code-login.js';
import { PasswordProof } from './password-proof.js';
import { SecondSteps } from './second-steps.js';
import { StepUp } from './step-up.js';

/** These cannot prove a second factor again: one is none, the others are for those who have lost theirs. */
const FOR_LOGINS_ONLY = ['password', 'recovery_code'];

/** The result of a correct proof. */
export interface ReauthenticationProof {
  methods: readonly AuthMethod[];
  /**
   * Whether it may be answered with a refresh token. A password alone opens no session of an account with a second
   * factor, so it must not turn a stolen access token, which lives for minutes, into one either.
   */
  mayRenew: boolean;
}

/** Verifies what a signed-in user authenticates with again: the password, or a second factor by the steps of a login. */
@Injectable()
export class ReauthenticationProofs {
  constructor(
    private readonly steps: SecondSteps,
    private readonly users: Users,
    private readonly password: PasswordProof,
    private readonly audit: Audit,
    private readonly stepUp: StepUp,
    private readonly codes: CodeLogin,
  ) {}

  /**
   * **Errors** `input_invalid`, `bad_credentials`, `method_not_available`, `second_factor_wrong`, `code_wrong`,
   * `login_expired`, `rate_limited`,
   * `user_not_found`, `user_inactive`.
   */
  verify(
    me: Principal,
    input: ReauthenticationInput,
    device: Device,
    caller: Caller,
  ): Promise<ReauthenticationProof> {
    if (input.method === 'password') return this.verifyPassword(me, input.password, caller);
    return input.method === 'email_code'
      ? this.verifyCode(me, input, device, caller)
      : this.verifyFactor(me, input, device, caller);
  }

  /** For accounts that have neither a password nor a factor: a mailbox must not replace those. */
  private async verifyCode(
    { userId }: Principal,
    { code, loginToken }: ReauthenticationInput,
    device: Device,
    caller: Caller,
  ): Promise<ReauthenticationProof> {
    const account = await this.users.findById(userId);
    if (!account) throw new TokenjarError('user_not_found');
    if (account.passwordHash !== null || this.stepUp.hasFactor(account))
      throw new TokenjarError('method_not_available');
    if (code === undefined)
      throw new TokenjarError('input_invalid', { errors: { code: ['This field is required.'] } });
    const secrets = loginToken === undefined ? device.cookies.pendingLogin : [loginToken];
    await this.codes.reauthenticate({ userId, email: account.email }, secrets, code, caller);
    return { methods: ['email'], mayRenew: true };
  }

  private async verifyPassword(
    me: Principal,
    password: string | undefined,
    caller: Caller,
  ): Promise<ReauthenticationProof> {
    if (password === undefined) throw missingField('password');
    const user = await this.password.verify(me, password, caller);
    if (!user) throw new TokenjarError('bad_credentials');
    return { methods: ['pwd'], mayRenew: !this.stepUp.hasFactor(user) };
  }

  private async verifyFactor(
    { userId, sessionId }: Principal,
    input: ReauthenticationInput,
    device: Device,
    caller: Caller,
  ): Promise<ReauthenticationProof> {
    const account = await this.users.findById(userId);
    if (!account) throw new TokenjarError('user_not_found');
    if (!account.isActive) throw new TokenjarError('user_inactive');
    // A trusted device saves the step of a login, and proves nothing.
    const unknown = { ...device, cookies: { ...device.cookies, trustedDevice: [] } };
    const progress = { account, methods: ['pwd'] as const, device: unknown, sessionId };
    const need = await this.steps.needs(progress);
    const isAvailable =
      need?.kind === 'second_factor' &&
      need.methods.includes(input.method) &&
      !FOR_LOGINS_ONLY.includes(input.method);
    const step = isAvailable ? this.steps.stepFor(input.method) : undefined;
    if (!step) throw new TokenjarError('method_not_available');
    const proven = await step.verify(progress, input, caller);
    if (proven) return { methods: 'methods' in proven ? proven.methods : proven, mayRenew: true };
    const { wrong: reason = 'second_factor_wrong' } = step;
    await this.audit.record({
      event: 'reauthentication',
      outcome: 'failure',
      reason,
      userId,
      sessionId,
      caller,
    });
    throw new TokenjarError(reason);
  }
}
