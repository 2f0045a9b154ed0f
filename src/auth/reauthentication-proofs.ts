import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { ReauthenticationInput } from '../http/pending-sign-in.js';
import type { Principal } from '../http/principal.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { Users } from '../users/users.js';
import type { Device } from './known-devices.js';
import { PasswordProof } from './password-proof.js';
import { SecondSteps } from './second-steps.js';

/** These cannot prove a second factor again: one is none, the others are for those who have lost theirs. */
const FOR_LOGINS_ONLY = ['password', 'recovery_code'];

/** Verifies what a signed-in user authenticates with again: the password, or a second factor by the steps of a login. */
@Injectable()
export class ReauthenticationProofs {
  constructor(
    private readonly steps: SecondSteps,
    private readonly users: Users,
    private readonly password: PasswordProof,
    private readonly audit: Audit,
  ) {}

  /**
   * @returns the methods proven.
   *
   * **Errors** `input_invalid`, `bad_credentials`, `method_not_available`, `second_factor_wrong`, `rate_limited`,
   * `user_not_found`, `user_inactive`.
   */
  verify(
    me: Principal,
    input: ReauthenticationInput,
    device: Device,
    caller: Caller,
  ): Promise<readonly AuthMethod[]> {
    return input.method === 'password'
      ? this.verifyPassword(me, input.password, caller)
      : this.verifyFactor(me, input, device, caller);
  }

  private async verifyPassword(
    me: Principal,
    password: string | undefined,
    caller: Caller,
  ): Promise<readonly AuthMethod[]> {
    if (password === undefined)
      throw new TokenjarError('input_invalid', { errors: { password: ['This field is required.'] } });
    const user = await this.password.verify(me, password, caller);
    if (!user) throw new TokenjarError('bad_credentials');
    return ['pwd'];
  }

  private async verifyFactor(
    { userId, sessionId }: Principal,
    input: ReauthenticationInput,
    device: Device,
    caller: Caller,
  ): Promise<readonly AuthMethod[]> {
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
    if (proven) return 'methods' in proven ? proven.methods : proven;
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
