import { Injectable } from '@nestjs/common';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import type { Caller } from './caller.js';
import type { VerifiedToken } from './payloads.js';
import type { Principal } from './principal.js';

/** The system that users came from, as far as its tokens go on being accepted. */
export interface LegacyIssuer {
  /** Whether it signed a token, of whatever kind and age. Without a query. */
  signed(token: string): boolean;
  /** Whether a token is a refresh token that it signed and that has not expired. Without a query. */
  isRefresh(token: string): boolean;
  /**
   * Finds the session that a refresh token of it continues, or opens it.
   *
   * @param cookieProtection of the name under which the answer sets the cookie.
   * @returns a subject of generation 0; see {@link judge}.
   * **Errors** `token_*`, `user_inactive`, `user_not_found`, `session_limit_reached`.
   */
  continueSession(token: string, caller: Caller, cookieProtection: number): Promise<RefreshSubject>;
  /** **Errors** those of {@link continueSession}, and it changes nothing. */
  verify(token: string): Promise<VerifiedToken>;
  /** Accepts a refresh token no more, and ends its session. **Errors** `token_*`. */
  end(token: string, reason: 'logout' | 'blacklist', caller: Caller): Promise<boolean>;
  /** Whom an access token of it is of. **Errors** `token_*`, `user_inactive`, `user_not_found`. */
  identify(token: string): Promise<Principal>;
}

/** The registry of legacy issuers; there is one, or none. */
@Injectable()
export class LegacyTokens {
  private issuer: LegacyIssuer | undefined;

  register(issuer: LegacyIssuer): void {
    this.issuer = issuer;
  }

  /** Who signed a token that is none of ours. */
  issuerOf(token: string): LegacyIssuer | undefined {
    return this.issuer?.signed(token) ? this.issuer : undefined;
  }

  /** Whether a value is a refresh token of a legacy issuer that is alive by itself. */
  isRefresh(token: string): boolean {
    return this.issuer?.isRefresh(token) === true;
  }
}
