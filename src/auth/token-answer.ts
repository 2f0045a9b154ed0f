import { Inject, Injectable, Logger } from '@nestjs/common';
import { addSeconds, Clock, epochSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import type { Answer, CookieChange } from '../http/cookies.js';
import type { TokensAndUser } from '../http/payloads.js';
import { type AccessSubject, AccessTokens } from '../tokens/access-token.js';
import { claimsOf } from '../tokens/authentication.js';
import { LONGEST_TOKEN } from '../tokens/jwt.js';
import { RefreshTokens } from '../tokens/refresh-token.js';
import { type ShownId, shownIdOf } from '../user-id.js';
import { expiryOf } from '../users/sessions/refresh-rules.js';
import { Roles } from '../users/roles/roles.js';
import type { Refreshed } from '../users/sessions/session-refresh.js';
import { refreshSubjectOf } from '../users/sessions/refresh-subject.js';
import type { SessionWithUser } from '../users/sessions/sessions.js';

/** Half of the longest token, which is also half of what proxies accept in a header line. **Unit** characters. */
const LARGE_TOKEN = LONGEST_TOKEN / 2;
const WARN_EVERY_MS = 3_600_000;

/** The response to a sign-in or a refresh: the access token in the body, the refresh token in the cookie. */
@Injectable()
export class TokenAnswers {
  private readonly logger = new Logger('Tokenjar');
  private warnedAt = -Infinity;

  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly roles: Roles,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Signs an access token for a session and returns its refresh token.
   *
   * A kept refresh token sets no cookie: a late response would restore an older cookie. A withheld one is not in the
   * response at all: the client has it, or should not.
   */
  async give(
    session: SessionWithUser,
    outcome: Refreshed['outcome'] | 'welcomed' | 'withheld',
  ): Promise<Answer<TokensAndUser>> {
    await this.accessTokens.keys.upToDate();
    await this.roles.upTo(session.asOf.rolesEpoch);
    const now = this.clock.now();
    const { user } = session;
    const subject = this.subjectOf(session);
    const { token, expiresIn } = this.accessTokens.issue(subject, now, session.absoluteExpiresAt);
    if (token.length > LARGE_TOKEN) this.warnOfSize(token.length, shownIdOf(user, this.options));
    const { refreshTokenIn } = this.options;
    const isGiven = outcome !== 'withheld';
    const setsCookie = isGiven && outcome !== 'kept' && refreshTokenIn !== 'body';
    const refreshToken =
      setsCookie || (isGiven && refreshTokenIn !== 'cookie')
        ? this.refreshTokens.encode(refreshSubjectOf(session))
        : undefined;
    const cookies: CookieChange[] = [];
    if (setsCookie && refreshToken !== undefined) {
      const from = outcome === 'repeated' ? now : session.rotatedAt;
      // Without it the browser forgets the cookie when it closes.
      const maxAge = session.isRemembered
        ? Math.max(1, epochSeconds(expiryOf(session)) - epochSeconds(from))
        : undefined;
      cookies.push({ cookie: 'refresh', value: refreshToken, maxAge, isSignIn: outcome === 'welcomed' });
    }
    const result = {
      accessToken: token,
      scheme: this.options.authHeaderTypes[0] ?? 'Bearer',
      expiresIn,
      accessExpiresAt: addSeconds(now, expiresIn),
      refreshExpiresAt: expiryOf(session),
      // Also a kept one: a client without cookies stores what the response contains.
      refreshToken: refreshTokenIn === 'cookie' ? undefined : refreshToken,
      user,
      sessionId: session.id,
    };
    return { result, cookies };
  }

  private subjectOf({ id: sessionId, user, authentication, asOf, scope }: SessionWithUser): AccessSubject {
    const { amr, acr, authTime } = claimsOf(authentication);
    const { roles, scopes, rolesEpoch } = this.roles.grant(user.roles, scope);
    const { claimsEpoch } = asOf;
    const { id: userId, publicId } = user;
    return { userId, publicId, sessionId, roles, scopes, claimsEpoch, rolesEpoch, amr, acr, authTime };
  }

  /** Logged once an hour, because every refresh of the user would report it. */
  private warnOfSize(length: number, userId: ShownId): void {
    const now = this.clock.machine();
    if (now - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = now;
    this.logger.warn(
      `The access token of user ${userId} has ${length} characters because of roles and claims; above ${LONGEST_TOKEN} no token is issued, and some proxies refuse smaller ones`,
    );
  }
}
