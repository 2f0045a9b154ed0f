import { Injectable } from '@nestjs/common';
import { callerOf, type HttpRequest } from '../http/caller.js';
import type { SignedOut } from '../http/payloads.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { PresentedToken } from './presented-token.js';
import { TokenVerification } from './token-verification.js';

/** Signing out. */
@Injectable()
export class SignOut {
  constructor(
    private readonly ending: SessionEnding,
    private readonly presented: PresentedToken,
    private readonly verification: TokenVerification,
  ) {}

  /**
   * Ends every session that a request shows it holds, whatever the age of the token; nothing it brings is refused.
   *
   * Where several cookies of the name were sent, all their sessions end: nobody who signs out wants one to stay. A
   * client that has lost its refresh token is signed out by its access token.
   *
   * @returns what was wrong with the refresh token, if anything.
   */
  async of(request: HttpRequest): Promise<SignedOut> {
    const tokens = this.presented.allOf(request);
    const lookupIds = new Set(tokens.flatMap((token) => this.verification.lookupIdOf(token) ?? []));
    let ended = 0;
    for (const lookupId of lookupIds)
      if (await this.ending.endByLookup(lookupId, 'logout', callerOf(request))) ended++;
    if (ended === 0) await this.endByAccessToken(request);
    const [token] = tokens;
    if (token === undefined) return { refused: 'refresh_missing' };
    return this.verification.refusalOf(token) ?? { refused: ended === 0 ? 'token_blacklisted' : undefined };
  }

  private async endByAccessToken(request: HttpRequest): Promise<void> {
    const access = this.verification.accessOf(request);
    if (access) await this.ending.endOne(access.userId, access.sessionId, 'logout', callerOf(request));
  }
}
