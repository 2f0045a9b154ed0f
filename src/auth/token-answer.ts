import { Inject, Injectable, Logger } from '@nestjs/common';
import { addSeconds, Clock, epochSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { HookCalls } from '../hooks/hook-calls.js';
import type { HookUser } from '../hooks/hooks.js';
import type { Answer, CookieChange } from '../http/cookies.js';
import type { TokensAndUser } from '../http/payloads.js';
import type { Principal } from '../http/principal.js';
import { type AccessSubject, AccessTokens } from '../tokens/access-token.js';
import { type Authentication, claimsOf } from '../tokens/authentication.js';
import { LONGEST_TOKEN } from '../tokens/jwt.js';
import { RefreshTokens } from '../tokens/refresh-token.js';
import { type ShownId, shownIdOf } from '../user-id.js';
import { expiryOf } from '../users/sessions/refresh-rules.js';
import { Profiles } from '../users/profiles.js';
import { Roles } from '../users/roles/roles.js';
import type { ActiveUser, User } from '../users/user.entity.js';
import type { Refreshed } from '../users/sessions/session-refresh.js';
import { refreshSubjectOf } from '../users/sessions/refresh-subject.js';
import type { SessionWithUser } from '../users/sessions/sessions.js';

/** Half of the longest token, which is also half of what proxies accept in a header line. **Unit** characters. */
const LARGE_TOKEN = LONGEST_TOKEN / 2;
const WARN_EVERY_MS = 3_600_000;

/** What of a session the hooks are asked about. */
interface Asked {
  id: string;
  user: ActiveUser & { publicId: string };
  authentication: Authentication;
  scope: readonly string[] | null;
  asOf: { claimsEpoch: number };
}

/** What the hooks of a host have said, and about what. */
export interface HookAnswers {
  subject: AccessSubject;
  claims: Record<string, unknown> | undefined;
  userFields: Record<string, unknown> | undefined;
}

/** The response to a sign-in or a refresh: the access token in the body, the refresh token in the cookie. */
@Injectable()
export class TokenAnswers {
  private readonly logger = new Logger('Tokenjar');
  private warnedAt = -Infinity;

  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly roles: Roles,
    private readonly hooks: HookCalls,
    private readonly profiles: Profiles,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Asks the hooks of the host, if there are any. Whoever changes something asks first, so that a failure leaves
   * everything as it was. **Errors** `hook_failed`.
   */
  async ask(session: Asked): Promise<HookAnswers | undefined> {
    return this.asksHost ? this.askAbout(this.subjectOf(session), session.user) : undefined;
  }

  /** The same, in the session of a request. */
  async askFor(me: Principal, user: User): Promise<HookAnswers | undefined> {
    if (!this.asksHost) return undefined;
    const { userId, sessionId, roles, scopes, amr, acr, authTime } = me;
    const { publicId, claimsEpoch } = user;
    const epochs = { claimsEpoch, rolesEpoch: 0 };
    return this.askAbout({ userId, publicId, sessionId, roles, scopes, ...epochs, amr, acr, authTime }, user);
  }

  private get asksHost(): boolean {
    return this.hooks.has('claims') || this.profiles.isGiven;
  }

  private async askAbout(subject: AccessSubject, user: HookUser): Promise<HookAnswers> {
    const claims = await this.hooks.call('claims', subject);
    return { subject, claims, userFields: await this.profiles.shown(user) };
  }

  /**
   * Signs an access token for a session and returns its refresh token.
   *
   * @param asked what {@link ask} has returned; if the user has other roles by now, the hooks are asked again.
   *
   * A kept refresh token sets no cookie: a late response would restore an older cookie. A withheld one is not in the
   * response at all: the client has it, or should not.
   */
  async give(
    session: SessionWithUser,
    outcome: Refreshed['outcome'] | 'welcomed' | 'withheld',
    asked?: HookAnswers,
  ): Promise<Answer<TokensAndUser>> {
    await this.accessTokens.keys.upToDate();
    await this.roles.upTo(session.asOf.rolesEpoch);
    const subject = this.subjectOf(session);
    const fromHost = asked && isAbout(subject, asked) ? asked : await this.ask(session);
    const now = this.clock.now();
    const user = fromHost?.userFields ? { ...session.user, fieldsOfHost: fromHost.userFields } : session.user;
    const until = session.absoluteExpiresAt;
    const { token, expiresIn } = this.accessTokens.issue(subject, now, until, fromHost?.claims);
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
      const isSignIn = outcome === 'welcomed';
      const opens = isSignIn ? session.lookupId : undefined;
      cookies.push({ cookie: 'refresh', value: refreshToken, maxAge, isSignIn, opens });
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

  private subjectOf({ id: sessionId, user, authentication, asOf, scope }: Asked): AccessSubject {
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

/** Whether the hooks were asked about the same session with the same rights. */
const isAbout = ({ sessionId, roles, scopes, amr }: AccessSubject, { subject }: HookAnswers): boolean =>
  sessionId === subject.sessionId &&
  roles.join() === subject.roles.join() &&
  scopes.join() === subject.scopes.join() &&
  amr.join() === subject.amr.join();
