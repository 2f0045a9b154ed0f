import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { isAmong, originOf } from '../config/origins.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { clientSideOf } from './forwarded.js';
import { RefusedOrigins } from './refused-origins.js';
import { stateOf } from './request-state.js';

/**
 * Only accepts a request that reads or sets the refresh cookie from our own pages, from `TRUSTED_ORIGINS`, or from a
 * client that is not a browser.
 *
 * Signing in is guarded as well: a forged login would plant the attacker's session in the victim's browser. With
 * `REFRESH_TOKEN_IN=body` there is no such cookie, so apps whose pages have no web origin are accepted; cookies in
 * their requests are ignored.
 *
 * **Errors** `origin_refused`. **Source** OWASP CSRF Prevention Cheat Sheet (Fetch Metadata, with Origin as the
 * fallback); ASVS 5.0 3.5.1, 3.5.3.
 */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    private readonly refused: RefusedOrigins,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    return this.demand(context.switchToHttp().getRequest<HttpRequest>());
  }

  /** **Errors** `origin_refused`. */
  demand(request: HttpRequest): true {
    if (this.isFromOwnPages(request)) return true;
    if (this.options.refreshTokenIn === 'body') return (stateOf(request).isForeign = true);
    this.refused.note(request, clientSideOf(request));
    throw new TokenjarError('origin_refused');
  }

  private isFromOwnPages(request: HttpRequest): boolean {
    const site = request.headers['sec-fetch-site'];
    const { origin } = request.headers;
    if (site === 'same-origin') return true;
    // Not a browser; or, with `none`, not a page: a typed address, or an extension.
    if (origin === undefined) return site === undefined || site === 'none';
    const sent = originOf(origin);
    if (sent === undefined) return false;
    return isAmong(this.options.trustedOrigins, sent) || (sent !== 'null' && this.isOwn(sent, request));
  }

  private isOwn(origin: string, request: HttpRequest): boolean {
    const { protocol, host = '', port } = clientSideOf(request);
    const own = originOf(`${protocol}://${host}`);
    // Some proxies add a port to a host without one.
    const atPort = port && !/:\d+$/.test(host) ? originOf(`${protocol}://${host}:${port}`) : undefined;
    return [own, atPort, this.publicOrigin].includes(origin);
  }

  private get publicOrigin(): string | undefined {
    const { publicUrl } = this.options;
    return publicUrl === undefined ? undefined : new URL(publicUrl).origin;
  }
}
