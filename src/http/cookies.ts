import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { RefreshTokens } from '../tokens/refresh-token.js';
import { AttemptCookies } from './attempt-cookies.js';
import type { HttpRequest } from './caller.js';
import { DeviceSessions } from './device-sessions.js';
import { LegacyTokens } from './legacy-tokens.js';
import { DIALECT, type Dialect } from './dialects/dialect.js';
import { type CookieKind, OwnCookie, type SentCookie } from './own-cookie.js';

/** Our cookies in a request, as values: what a slice may know of them. */
export interface SentCookies {
  /** The best protected first. */
  refresh: readonly SentCookie[];
  /** Values. */
  device: readonly string[];
  /** Secrets of logins that lack a step. */
  pendingLogin: readonly string[];
  /** Secrets of trusted devices. */
  trustedDevice: readonly string[];
  /** Secrets to which challenges of passkeys are bound. */
  passkeyChallenge: readonly string[];
  /** Secrets of identities that the next sign-in links. */
  pendingIdentity: readonly string[];
  /** Protection of the name under which the answer would set the refresh cookie; see {@link SentCookie}. */
  protection: number;
}

/** A secret in the body is sent on purpose, a cookie automatically, so the body takes precedence. */
export const pendingLoginsIn = (
  { loginToken }: { loginToken?: string | undefined },
  { pendingLogin }: Pick<SentCookies, 'pendingLogin'>,
): readonly string[] => (loginToken === undefined ? pendingLogin : [loginToken]);

type CookieName =
  'refresh' | 'device' | 'pendingLogin' | 'trustedDevice' | 'passkeyChallenge' | 'pendingIdentity';

/** A cookie that an answer sets, or clears. */
export type CookieChange =
  | {
      cookie: CookieName;
      value: string;
      /** Undefined where it ends with the browser. **Unit** seconds. */
      maxAge: number | undefined;
      /** Whether somebody signs in by this answer; see {@link OwnCookie.set}. */
      isSignIn?: boolean;
      /** The session that begins, as refresh tokens name it: browsers are offered to bind it. */
      opens?: string | undefined;
    }
  | { cookie: CookieName; value: null };

/** What a service answers: the result of the operation, and the cookies that go with it. */
export interface Answer<Result> {
  result: Result;
  cookies: readonly CookieChange[];
}

/** Reads our cookies from requests and writes them to responses, so that services see neither. */
@Injectable()
export class Cookies {
  /** Carries the refresh token. */
  readonly refresh: OwnCookie;
  /** The same of the site that users came from, where it had another name. */
  private readonly legacyRefresh: OwnCookie | undefined;
  /** By which an account recognises a device. It lets nobody in. */
  private readonly device: OwnCookie;
  /** Of a login that lacks a step. */
  private readonly pendingLogin: OwnCookie;
  /** Of a device that saves the second factor. It lets nobody in by itself. */
  private readonly trustedDevice: OwnCookie;
  /** Of a browser that asked for a sign-in by passkey. It opens nothing without the passkey. */
  private readonly passkeyChallenge: OwnCookie;

  /** Of a browser where an account at a provider waits to be linked. It lets nobody in. */
  private readonly pendingIdentity: OwnCookie;
  /** Of attempts to sign in with a provider. */
  readonly attempts: AttemptCookies;

  constructor(
    @Inject(OPTIONS) options: Options,
    adapterHost: HttpAdapterHost,
    @Inject(DIALECT) { isPendingLoginInBody }: Dialect,
    tokens: RefreshTokens,
    private readonly legacy: LegacyTokens,
    readonly devices: DeviceSessions,
  ) {
    const cookie = (kind: CookieKind) => new OwnCookie(kind, options, adapterHost);
    const isOfAnother = (value: string) => tokens.isOfAnother(value) && !legacy.issuerOf(value);
    this.refresh = cookie({ name: options.cookieName, isOfAnother });
    const { djangoCookieName: legacyName } = options;
    if (legacyName !== undefined && legacyName !== options.cookieName)
      this.legacyRefresh = cookie({ name: legacyName, isOfAnother: (value) => !legacy.issuerOf(value) });
    this.device = cookie({ name: 'known_device' });
    const ofLogin = {
      sameSite: 'strict',
      isShortLived: true,
      isUsed: options.refreshTokenIn !== 'body' && !isPendingLoginInBody,
    } as const;
    this.pendingLogin = cookie({ name: 'pending_login', ...ofLogin });
    this.passkeyChallenge = cookie({ name: 'passkey_challenge', ...ofLogin });
    this.trustedDevice = cookie({ name: 'trusted_device', sameSite: 'strict' });
    this.pendingIdentity = cookie({ name: 'pending_identity', sameSite: 'strict', isShortLived: true });
    this.attempts = new AttemptCookies(options, adapterHost);
  }

  sentBy(request: HttpRequest): SentCookies {
    return {
      refresh: this.refreshSent(request),
      device: this.device.read(request),
      pendingLogin: this.pendingLogin.read(request),
      trustedDevice: this.trustedDevice.read(request),
      passkeyChallenge: this.passkeyChallenge.read(request),
      pendingIdentity: this.pendingIdentity.read(request),
      protection: this.refresh.protectionFor(request),
    };
  }

  /** The refresh cookies that were sent, ours first. */
  refreshSent(request: HttpRequest): SentCookie[] {
    const own = this.refresh.sent(request);
    const legacy = this.legacyRefresh?.sent(request).filter(({ value }) => this.legacy.issuerOf(value)) ?? [];
    return legacy.length === 0 ? own : [...own, ...legacy];
  }

  /**
   * Runs with the secrets of pending logins in a request. If the login is over, its cookie is cleared.
   *
   * **Errors** those of `act`.
   */
  async withPendingLogin<Result>(
    input: { loginToken?: string | undefined },
    request: HttpRequest,
    response: unknown,
    act: (secrets: readonly string[], sent: SentCookies) => Promise<Result>,
  ): Promise<Result> {
    const sent = this.sentBy(request);
    const secrets = pendingLoginsIn(input, sent);
    try {
      return await act(secrets, sent);
    } catch (error) {
      const isExpired = error instanceof TokenjarError && error.code === 'login_expired';
      if (isExpired && secrets === sent.pendingLogin)
        this.set([{ cookie: 'pendingLogin', value: null }], request, response);
      throw error;
    }
  }

  set(changes: readonly CookieChange[], request: HttpRequest, response: unknown): void {
    for (const change of changes) {
      if (change.value === null) this[change.cookie].clear(request, response);
      else this[change.cookie].set(request, response, change.value, change.maxAge, change.isSignIn);
      if (change.value !== null && change.opens !== undefined)
        this.devices.offer(change.opens, request, response);
      if (change.cookie === 'refresh') this.clearLegacy(request, response);
    }
  }

  /** The cookie of the former site has been replaced by ours, or goes with it. */
  private clearLegacy(request: HttpRequest, response: unknown): void {
    for (const { value, name } of this.legacyRefresh?.sent(request) ?? [])
      if (this.legacy.issuerOf(value)) this.legacyRefresh?.clear(request, response, name);
  }

  /** Sets the cookies of an answer. @returns its result. */
  apply<Result>({ result, cookies }: Answer<Result>, request: HttpRequest, response: unknown): Result {
    this.set(cookies, request, response);
    return result;
  }
}
