import { Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OPTIONS, type Options } from '../config/options.js';
import type { HttpRequest } from './caller.js';
import { clientSideOf } from './forwarded.js';

/**
 * A cookie of ours.
 *
 * **Shape** HttpOnly always; over https Secure, and with the `__Host-` prefix where its rules allow, so that no
 * sibling sub-domain can plant one. **Source** RFC 6265bis §4.1.3; ASVS 5.0 3.3.1 to 3.3.4.
 */
export abstract class OwnCookie {
  constructor(
    @Inject(OPTIONS) protected readonly options: Options,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Every value sent under the cookie's name; a browser may send several, of other paths or domains. */
  read(request: HttpRequest): string[] {
    if (request.isForeign) return [];
    const start = `${this.nameFor(request)}=`;
    return (request.headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(start))
      .map((pair) => pair.slice(start.length).replace(/^"(.*)"$/s, '$1'))
      .filter((value) => value !== '');
  }

  /** @param maxAge **Unit** seconds. */
  set(request: HttpRequest, response: unknown, value: string, maxAge: number): void {
    if (request.isForeign) return;
    this.adapter.setCookie(response, this.nameFor(request), value, this.attributesFor(request, maxAge));
  }

  clear(request: HttpRequest, response: unknown): void {
    if (request.isForeign) return;
    this.adapter.clearCookie(response, this.nameFor(request), this.attributesFor(request));
  }

  /** Before its prefix. */
  protected abstract get name(): string;

  private get adapter() {
    return this.adapterHost.httpAdapter;
  }

  private nameFor(request: HttpRequest): string {
    const { cookiePrefix, cookiePath, cookieDomain } = this.options;
    if (cookiePrefix === 'none' || !this.isSecure(request)) return this.name;
    return cookiePath === '/' && !cookieDomain ? `__Host-${this.name}` : `__Secure-${this.name}`;
  }

  /** @param maxAge **Unit** seconds. */
  private attributesFor(request: HttpRequest, maxAge?: number) {
    const { cookiePath, cookieDomain, cookieSamesite } = this.options;
    return {
      path: cookiePath,
      domain: cookieDomain || undefined,
      httpOnly: true,
      secure: this.isSecure(request),
      sameSite: cookieSamesite,
      maxAge,
    };
  }

  private isSecure(request: HttpRequest): boolean {
    const { cookieSecure } = this.options;
    return cookieSecure === 'auto' ? clientSideOf(request).protocol === 'https' : cookieSecure;
  }
}
