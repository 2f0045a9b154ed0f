import { Injectable } from '@nestjs/common';
import { TokenVerification } from '../auth/token-verification.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Introspection } from '../http/key-payloads.js';
import { looksLikeApiKey } from '../tokens/api-key.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { ApiKeys } from './api-keys.js';
import { KeyVerification } from './key-verification.js';
import { ShownClaims } from './shown-claims.js';

/** What other services ask about tokens: what is active now, and to revoke one. */
@Injectable()
export class Introspections {
  constructor(
    private readonly verification: TokenVerification,
    private readonly keys: KeyVerification,
    private readonly apiKeys: ApiKeys,
    private readonly ending: SessionEnding,
    private readonly shown: ShownClaims,
  ) {}

  /**
   * Whether a request with this token would be accepted now, as the guards would see it. A refresh token never is active:
   * no service should accept one (RFC 7662 §4).
   *
   * **Errors** `database_unavailable`, if that cannot be determined. **Source** RFC 7662 §2.2.
   */
  async introspect(token: string): Promise<Introspection> {
    try {
      const claims = looksLikeApiKey(token)
        ? (await this.keys.verify(token)).claims
        : await this.shown.of(await this.verification.verifyAccess(token));
      return {
        active: true,
        claims: { ...claims, token_type: this.shown.scheme },
      };
    } catch (error) {
      if (isRefusal(error)) return { active: false };
      throw error;
    }
  }

  /**
   * Ends the session of an access or refresh token, revokes an API key, or an access token without a session. It succeeds also
   * where there is nothing to revoke.
   *
   * **Errors** `database_unavailable`. **Source** RFC 7009 §2.1, §2.2.
   */
  async revoke(token: string, caller: Caller): Promise<void> {
    try {
      if (looksLikeApiKey(token)) {
        const { userId, subject } = await this.keys.verify(token);
        await this.apiKeys.revoke(userId, subject.keyId, caller);
      } else await this.revokeToken(token, caller);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  private async revokeToken(token: string, caller: Caller): Promise<void> {
    const refresh = this.verification.identify(token);
    if (refresh) {
      await this.ending.endByToken(refresh, 'blacklist', caller);
      return;
    }
    const access = this.verification.identifyAccess(token);
    if (!access) return;
    const { userId, sessionId, keyId, actor } = access;
    // Those of a key and of an administrator who acts as the user have an ID of their own, and no session.
    if (keyId === undefined && !actor) await this.ending.endOne(userId, sessionId, 'blacklist', caller);
    else await this.ending.refuse(sessionId, 'blacklist');
  }
}

/** Whether the token is refused, and not the server unable to tell. */
const isRefusal = (error: unknown): boolean => error instanceof TokenjarError && error.status < 500;
