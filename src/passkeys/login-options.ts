import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Device } from '../auth/known-devices.js';
import { SecondFactor } from '../auth/second-factor.js';
import { SecondSteps } from '../auth/second-steps.js';
import { TokenjarError } from '../errors.js';
import { type Answer, pendingLoginsIn } from '../http/cookies.js';
import type { LoginOptionsInput, PublicKeyOptions } from '../http/passkey-payloads.js';
import type { Principal } from '../http/principal.js';
import { Users } from '../users/users.js';
import { CEREMONY_LIFETIME } from './ceremonies.js';
import { PasskeyRequests } from './passkey-requests.js';

/** **Shape** 32 random bytes, base64url. */
const SECRET = /^[\w-]{43}$/;

/** What a client needs to know before it can answer with a passkey. */
@Injectable()
export class LoginOptions {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly steps: SecondSteps,
    private readonly requests: PasskeyRequests,
    private readonly users: Users,
  ) {}

  /**
   * Options for a pending login; if there is none, for anybody with a passkey.
   *
   * A browser keeps the secret that it has, so that several tabs can wait for their user. **Errors** `login_expired`,
   * where a login was named; `method_not_available`.
   */
  async begin({ method, loginToken }: LoginOptionsInput, device: Device): Promise<Answer<PublicKeyOptions>> {
    const { passkeyChallenge } = device.cookies;
    const secrets = pendingLoginsIn({ loginToken }, device.cookies);
    const publicKey =
      secrets.length > 0 && (await this.ofLogin(method, secrets, device, loginToken !== undefined));
    if (publicKey) return { result: { publicKey }, cookies: [] };

    if (method !== 'passkey') throw new TokenjarError('method_not_available');
    const secret =
      passkeyChallenge.find((each) => SECRET.test(each)) ?? randomBytes(32).toString('base64url');
    return {
      result: { publicKey: await this.requests.optionsForAny(secret), loginToken: secret },
      cookies: [{ cookie: 'passkeyChallenge', value: secret, maxAge: CEREMONY_LIFETIME }],
    };
  }

  /** Options for somebody who is signed in and authenticates again. **Errors** `method_not_available`, `user_inactive`. */
  async again(
    method: string,
    { userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>,
    device: Device,
  ): Promise<PublicKeyOptions> {
    const account = await this.users.findById(userId);
    if (!account) throw new TokenjarError('user_not_found');
    if (!account.isActive) throw new TokenjarError('user_inactive');
    const step = this.steps.stepFor(method);
    if (!step?.options) throw new TokenjarError('method_not_available');
    return { publicKey: await step.options({ account, methods: ['pwd'], device, sessionId }) };
  }

  private async ofLogin(
    method: string,
    secrets: readonly string[],
    device: Device,
    isNamed: boolean,
  ): Promise<Record<string, unknown> | undefined> {
    try {
      const { progress, need } = await this.secondFactor.resume(secrets, device);
      const step = need.methods.includes(method) ? this.steps.stepFor(method) : undefined;
      if (!step?.options) throw new TokenjarError('method_not_available');
      return await step.options(progress);
    } catch (error) {
      // The cookie is left from a login that is over: the user starts again.
      const isOver = error instanceof TokenjarError && error.code === 'login_expired';
      if (isOver && !isNamed) return undefined;
      throw error;
    }
  }
}
