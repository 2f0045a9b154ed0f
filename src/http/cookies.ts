import { Injectable } from '@nestjs/common';
import type { HttpRequest } from './caller.js';
import { DeviceCookie } from './device-cookie.js';
import type { SentCookie } from './own-cookie.js';
import { PendingLoginCookie } from './pending-login-cookie.js';
import { RefreshCookie } from './refresh-cookie.js';
import { TrustedDeviceCookie } from './trusted-device-cookie.js';

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
  /** Protection of the name under which the answer would set the refresh cookie; see {@link SentCookie}. */
  protection: number;
}

type CookieName = 'refresh' | 'device' | 'pendingLogin' | 'trustedDevice';

/** A cookie that an answer sets, or clears. */
export type CookieChange =
  | {
      cookie: CookieName;
      value: string;
      /** Undefined where it ends with the browser. **Unit** seconds. */
      maxAge: number | undefined;
      /** Whether somebody signs in by this answer; see {@link OwnCookie.set}. */
      isSignIn?: boolean;
    }
  | { cookie: CookieName; value: null };

/** What a service answers: the result of the operation, and the cookies that go with it. */
export interface Answer<Result> {
  result: Result;
  cookies: readonly CookieChange[];
}

/** Reads cookies from requests and writes them to responses, so that services see neither. */
@Injectable()
export class Cookies {
  constructor(
    private readonly refresh: RefreshCookie,
    private readonly device: DeviceCookie,
    private readonly pendingLogin: PendingLoginCookie,
    private readonly trustedDevice: TrustedDeviceCookie,
  ) {}

  sentBy(request: HttpRequest): SentCookies {
    return {
      refresh: this.refresh.sent(request),
      device: this.device.read(request),
      pendingLogin: this.pendingLogin.secretsIn(request),
      trustedDevice: this.trustedDevice.read(request),
      protection: this.refresh.protectionFor(request),
    };
  }

  set(changes: readonly CookieChange[], request: HttpRequest, response: unknown): void {
    for (const change of changes)
      if (change.value === null) this[change.cookie].clear(request, response);
      else this[change.cookie].set(request, response, change.value, change.maxAge, change.isSignIn);
  }

  /** Sets the cookies of an answer. @returns its result. */
  apply<Result>({ result, cookies }: Answer<Result>, request: HttpRequest, response: unknown): Result {
    this.set(cookies, request, response);
    return result;
  }
}
