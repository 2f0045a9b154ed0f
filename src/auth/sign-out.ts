import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import type { HttpRequest } from '../http/caller.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { Sessions } from '../users/sessions.js';
import { readBodyToken } from './presented-token.js';
import { TokenVerification } from './token-verification.js';

/** Signing out. */
@Injectable()
export class SignOut {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    private readonly sessions: Sessions,
    private readonly cookie: RefreshCookie,
    private readonly verification: TokenVerification,
  ) {}

  /**
   * Ends every session that a request shows it holds, whatever the age of the token; nothing it brings is refused.
   *
   * Where several cookies of the name were sent, all their sessions end: nobody who signs out wants one to stay. A
   * client that has lost its refresh token is signed out by its access token.
   */
  async of(request: HttpRequest): Promise<void> {
    const lookupIds = new Set(
      this.tokensIn(request).flatMap((token) => this.verification.lookupIdOf(token) ?? []),
    );
    for (const lookupId of lookupIds) await this.sessions.endByLookup(lookupId, 'logout');
    if (lookupIds.size > 0) return;
    const access = this.verification.accessOf(request);
    if (access) await this.sessions.end(access.userId, access.sessionId, 'logout');
  }

  private tokensIn(request: HttpRequest): string[] {
    const inBody = this.options.refreshTokenIn === 'cookie' ? null : readBodyToken(request.body);
    return [...this.cookie.read(request), ...(inBody === null ? [] : [inBody])];
  }
}
