import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';

/**
 * Lets a request that reads or sets the refresh cookie pass only from our own pages, from `TRUSTED_ORIGINS`, or from
 * something that is no browser.
 *
 * Signing in is guarded like the rest: a forged login would plant the attacker's session in the victim's browser.
 *
 * **Errors** `origin_refused`. **Source** OWASP CSRF Prevention Cheat Sheet (Fetch Metadata, with Origin as the
 * fallback); ASVS 5.0 3.5.1, 3.5.3.
 */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(@Inject(OPTIONS) private readonly options: Options) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const site = request.headers['sec-fetch-site'];
    const { origin } = request.headers;
    // The host that a trusted proxy forwards, else the one of the request.
    const host = request.host ?? request.headers.host;
    if (site === undefined && origin === undefined) return true;
    if (site === 'same-origin') return true;
    if (origin !== undefined) {
      if (origin === `${request.protocol}://${host}`) return true;
      if (this.options.trustedOrigins.includes(origin)) return true;
    }
    throw new TokenjarError('origin_refused');
  }
}
