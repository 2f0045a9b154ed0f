import type { HttpAdapterHost } from '@nestjs/core';
import type { Options } from '../config/options.js';
import type { HttpRequest } from './caller.js';
import { OwnCookie } from './own-cookie.js';

const PREFIX = 'provider_attempt_';
/** Each has up to three kilobytes, and a request head has room for a few. */
const MOST = 3;

/**
 * The cookies of browsers that are at providers: one per attempt, named after the beginning of its state, so that tabs
 * do not overwrite each other's.
 *
 * Browsers send them along when a provider sends the browser back: for a redirect they are Lax; for a form of the
 * provider they have to be None. **Source** RFC 6265bis §5.5.7.
 */
export class AttemptCookies {
  constructor(
    private readonly options: Options,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /**
   * Sets the cookie of an attempt, and clears the oldest ones if there are many.
   *
   * @param maxAge **Unit** seconds. @param isForForm whether the provider returns by a form.
   */
  keep(
    state: string,
    value: string,
    maxAge: number,
    isForForm: boolean,
    request: HttpRequest,
    response: unknown,
  ): void {
    this.clearOldest(request, response);
    this.named(keyOf(state), isForForm ? 'none' : 'lax').set(request, response, value, maxAge);
  }

  /** The same for an attempt that comes back to a page, which sends the cookie as it sends the refresh cookie. */
  keepForPage(state: string, value: string, maxAge: number, request: HttpRequest, response: unknown): void {
    this.clearOldest(request, response);
    this.named(keyOf(state), undefined).set(request, response, value, maxAge);
  }

  /** The values of the cookie of an attempt. */
  read(state: string, request: HttpRequest): string[] {
    return this.named(keyOf(state)).read(request);
  }

  forget(state: string, request: HttpRequest, response: unknown): void {
    this.named(keyOf(state)).clear(request, response);
  }

  private clearOldest(request: HttpRequest, response: unknown): void {
    // Browsers send the oldest first (RFC 6265 §5.4).
    for (const key of keysIn(request).slice(0, 1 - MOST)) this.named(key).clear(request, response);
  }

  /** @param sameSite as `COOKIE_SAMESITE` says, if undefined. */
  private named(key: string, sameSite?: 'none' | 'lax'): OwnCookie {
    const kind = { name: PREFIX + key, isShortLived: true, ...(sameSite && { sameSite }) };
    return new OwnCookie(kind, this.options, this.adapterHost);
  }
}

/** The state may be anything: it comes from the address. */
const keyOf = (state: string): string => state.replaceAll(/[^\w-]/g, '').slice(0, 8);

const keysIn = ({ headers: { cookie = '' } }: HttpRequest): string[] => [
  ...new Set([...cookie.matchAll(/provider_attempt_([\w-]{8})=/g)].map(([, key = '']) => key)),
];
