import { isIP } from 'node:net';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Options } from '../config/options.js';
import type { HttpRequest } from './caller.js';
import { clientSideOf } from './forwarded.js';
import { stateOf } from './request-state.js';

/** A cookie that was sent under one of the names that ours may have. */
export interface SentCookie {
  name: string;
  value: string;
  /** Who can have set it: 2 nobody but this host over https, 1 any https page of the site, 0 anybody near it. */
  protection: number;
}

/** By protection. **Source** RFC 6265bis §4.1.3. */
const PREFIXES = ['', '__Secure-', '__Host-'];
/** Proxies take heads of 4 KiB and more. */
const MOST_EXPIRED = 16;

/** What distinguishes one cookie of ours from the others. */
export interface CookieKind {
  /** Without prefix. */
  name: string;
  /** Whatever `COOKIE_SAMESITE` says. `none` needs https, and is `lax` without. */
  sameSite?: 'strict' | 'lax' | 'none';
  /** False where the value travels in bodies: then it is neither read nor set. */
  isUsed?: boolean;
  /** It lives for minutes, so there are no old ones under a less protected name: such a cookie was planted. */
  isShortLived?: boolean;
  /** Whether another app, which uses the same name, set a value. */
  isOfAnother?: (value: string) => boolean;
}

/**
 * A cookie of ours.
 *
 * **Shape** HttpOnly always; over https Secure, and with the `__Host-` prefix where its rules allow, so that no
 * sibling sub-domain can plant one. **Source** RFC 6265bis §4.1.3; ASVS 5.0 3.3.1 to 3.3.4.
 *
 * It is found under every name that we could have given it, whatever the scheme of this request: a server that renders
 * pages passes the cookies of an https page on over http, and TLS may come to a site, or a prefix to its cookies, later.
 */
export class OwnCookie {
  private readonly name: string;
  private readonly allNames: readonly string[];

  constructor(
    private readonly kind: CookieKind,
    private readonly options: Options,
    private readonly adapterHost: Pick<HttpAdapterHost, 'httpAdapter'>,
  ) {
    this.name = kind.name;
    this.allNames = PREFIXES.map((prefix) => prefix + kind.name);
  }

  /** What was sent, the best protected first; a browser may send several of a name, of other paths or domains. */
  sent(request: HttpRequest): SentCookie[] {
    const { cookie } = request.headers;
    if (cookie === undefined || this.isUnusedIn(request)) return [];
    const sent: SentCookie[] = [];
    for (const pair of cookie.split(';')) {
      const at = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, at)).trimStart();
      const protection = this.allNames.indexOf(name);
      const value =
        protection < 0
          ? ''
          : pair
              .slice(at + 1)
              .trim()
              .replace(/^"(.*)"$/s, '$1');
      if (value !== '') sent.push({ name, value, protection });
    }
    return sent.length < 2 ? sent : sent.sort((a, b) => b.protection - a.protection);
  }

  /** The values of what was {@link sent}; of a short-lived cookie, only under a name with today's protection. */
  read(request: HttpRequest): string[] {
    const least = this.kind.isShortLived ? this.protectionFor(request) : 0;
    return this.sent(request).flatMap(({ value, protection }) => (protection >= least ? [value] : []));
  }

  /** What the name has that the cookie is set under in answer to this request. */
  protectionFor(request: HttpRequest): number {
    if (this.options.cookiePrefix === 'none' || !this.isSecure(request)) return 0;
    return this.options.cookiePath === '/' && !this.options.cookieDomain ? 2 : 1;
  }

  /**
   * Sets the cookie, and takes back what was sent under other names: it has served its time, or somebody planted it.
   *
   * @param maxAge undefined where it ends with the browser. **Unit** seconds.
   * @param isSignIn whether somebody signs in by this answer: then none that is in the way may stay. Where it is left
   * out, what others planted is harmless and does.
   */
  set(
    request: HttpRequest,
    response: unknown,
    value: string,
    maxAge: number | undefined,
    isSignIn?: boolean,
  ): void {
    if (this.isUnusedIn(request)) return;
    const name = this.nameFor(request);
    const sent = this.sent(request);
    if (sent.some((each) => each.name !== name) || sent.length > 1) {
      const own = this.ownAmong(sent);
      for (const other of new Set(own.map((each) => each.name)))
        if (other !== name) this.expire(request, response, other);
      if (own.length > 1 && isSignIn !== undefined) this.expireForeign(request, response, isSignIn);
    }
    const attributes = { ...this.attributesFor(request, name), maxAge };
    this.adapter.setCookie(response, name, value, attributes);
  }

  /** Clears the cookie under each name that it was sent under. @param only no other name. */
  clear(request: HttpRequest, response: unknown, only?: string): void {
    if (this.isUnusedIn(request)) return;
    const sent = only === undefined ? this.sent(request) : [];
    const names = only === undefined ? this.ownAmong(sent).map(({ name }) => name) : [only];
    const usual = this.nameFor(request);
    if (names.length === 0 && !sent.some(({ name }) => name === usual)) names.push(usual);
    for (const name of new Set(names)) this.expire(request, response, name);
  }

  /**
   * Expires cookies of the name that we never set, as far as their path and domain can be guessed: of a domain above
   * this host, where a sibling sub-domain can plant them.
   *
   * @param isSignIn also what this host itself can have set, under former settings or by another app on it. An own
   * cookie has to follow in the same answer: some clients do not tell a host from the domain of the same name.
   */
  expireForeign(request: HttpRequest, response: unknown, isSignIn = false): void {
    const { cookiePath, cookieDomain } = this.options;
    const host = hostOf(request);
    const ownHost = isSignIn ? [undefined, ...(host ? [host] : [])] : [];
    const ownPlace = `${cookiePath} ${cookieDomain?.replace(/^\./, '') ?? ''}`;
    const places = [...domainsAbove(host), ...ownHost].flatMap((domain) =>
      pathsOf(request, this.options)
        .filter((path) => `${path} ${domain ?? ''}` !== ownPlace)
        .map((path) => ({ path, domain })),
    );
    const own = this.ownAmong(this.sent(request));
    const planted = new Set(own.flatMap((each) => (each.protection < 2 ? [each.name] : [])));
    for (const name of planted)
      for (const place of places.slice(0, MOST_EXPIRED / planted.size)) {
        const secure = this.isSecure(request) || name !== this.name;
        this.adapter.setCookie(response, name, '', { ...place, secure, maxAge: 0 });
      }
  }

  private isUnusedIn(request: HttpRequest): boolean {
    return this.kind.isUsed === false || stateOf(request).isForeign;
  }

  /** What may be cleared: another app's cookie does not get in the way, and its user would be signed out there. */
  private ownAmong(sent: readonly SentCookie[]): SentCookie[] {
    const { isOfAnother } = this.kind;
    return isOfAnother ? sent.filter(({ value }) => !isOfAnother(value)) : [...sent];
  }

  /** What browsers are told of it before it is set. */
  described(request: HttpRequest) {
    const name = this.nameFor(request);
    return { name, ...this.attributesFor(request, name) };
  }

  private get adapter() {
    return this.adapterHost.httpAdapter;
  }

  private nameFor(request: HttpRequest): string {
    return PREFIXES[this.protectionFor(request)] + this.name;
  }

  private expire(request: HttpRequest, response: unknown, name: string): void {
    this.adapter.clearCookie(response, name, this.attributesFor(request, name));
  }

  /** Browsers take a line only if it keeps the rules of the name. */
  private attributesFor(request: HttpRequest, name: string) {
    const { cookiePath, cookieDomain, cookiePartitioned } = this.options;
    const isHostBound = name.startsWith('__Host-');
    const secure = this.isSecure(request) || name !== this.name;
    const { sameSite = this.options.cookieSamesite } = this.kind;
    return {
      path: isHostBound ? '/' : cookiePath,
      domain: isHostBound ? undefined : cookieDomain || undefined,
      httpOnly: true,
      secure,
      sameSite: sameSite === 'none' && !secure ? 'lax' : sameSite,
      partitioned: cookiePartitioned,
    };
  }

  /**
   * Whether the browser speaks https, whatever stands between: it does where a prefixed cookie comes back, or where its
   * page has an origin of https and is of the same origin as we are. So no proxy that fails to say so, and no setting
   * that fails to name it, takes Secure away from a cookie.
   */
  isSecure(request: HttpRequest): boolean {
    const { cookieSecure } = this.options;
    if (cookieSecure !== 'auto') return cookieSecure;
    const { origin, 'sec-fetch-site': site } = request.headers;
    return (
      clientSideOf(request).protocol === 'https' ||
      (site === 'same-origin' && origin?.startsWith('https://') === true) ||
      this.sent(request).some(({ protection }) => protection > 0)
    );
  }
}

/** The name of the host that was asked; empty for an address, and for what is no name at all. */
function hostOf(request: HttpRequest): string {
  const name = (clientSideOf(request).host ?? '').replace(/:\d*$/, '').toLowerCase();
  return /^[\w-]+(\.[\w-]+)*$/.test(name) && !isIP(name) ? name : '';
}

/** `id.app.example.com` → `app.example.com`, `example.com`. */
function domainsAbove(host: string): string[] {
  const labels = host.split('.');
  return labels.slice(1, -1).map((_, i) => labels.slice(i + 1).join('.'));
}

/** The paths whose cookies reach a refresh or a login, with and without the slash that tells them apart. */
function pathsOf({ url }: HttpRequest, { pathPrefix }: Pick<Options, 'pathPrefix'>): string[] {
  const api = `/${pathPrefix}/`.replace('//', '/');
  // A host app may have put a prefix of its own before ours.
  const outer = url.slice(0, Math.max(0, url.indexOf(api)));
  const base = (/^[\w.~/-]*$/.test(outer) ? outer : '') + api;
  const paths = new Set(['/']);
  for (const whole of [`${base}token/refresh`, `${base}login`]) {
    const segments = whole.split('/').filter(Boolean);
    segments.forEach((_, i) => {
      const path = `/${segments.slice(0, i + 1).join('/')}`;
      paths.add(path);
      if (i + 1 < segments.length) paths.add(`${path}/`);
    });
  }
  return [...paths];
}
