import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { hostsAmong } from '../config/origins.js';
import { mountOf } from '../config/public-url.js';
import { Metrics } from '../measures.js';
import type { HttpRequest } from './caller.js';
import { DIALECT, type Dialect } from './dialects/dialect.js';
import { HostGlobals } from './host-globals.js';
import { partsOf } from './operation-row.js';
import { OPERATIONS } from './operations.js';
import { OwnCookie } from './own-cookie.js';
import { stateOf } from './request-state.js';
import type { DeviceSession } from './device-payloads.js';
import { DeviceProofs } from '../tokens/device-proofs.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';

/**
 * What browsers have to know of sessions that are bound to them, and the cookie by which a refresh says that its device
 * has proven itself. Without `DEVICE_BOUND_SESSIONS` it reads and sets nothing.
 *
 * **Source** Device Bound Session Credentials (W3C working draft), §8.
 */
@Injectable()
export class DeviceSessions {
  private readonly cookie: OwnCookie;
  /** Whether sessions are bound. */
  readonly isOn: boolean;

  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    @Inject(DIALECT) private readonly dialect: Dialect,
    private readonly globals: HostGlobals,
    private readonly metrics: Metrics,
    private readonly proofs: DeviceProofs,
  ) {
    const { deviceBoundSessions, refreshTokenIn } = options;
    this.isOn = deviceBoundSessions && refreshTokenIn !== 'body';
    const kind = { name: 'device_proof', isShortLived: true, isUsed: this.isOn };
    this.cookie = new OwnCookie(kind, options, globals);
  }

  /** Offers to bind the session that an answer opens. Browsers only take it over https. */
  offer(lookupId: string, request: HttpRequest, response: unknown): void {
    if (!this.isOn || stateOf(request).isForeign || !this.cookie.isSecure(request)) return;
    const challenge = this.proofs.offerTo(lookupId);
    const value = `(ES256);path="${this.pathOf('bindDevice')}";challenge="${challenge}"`;
    this.globals.httpAdapter.setHeader(response, 'Secure-Session-Registration', value);
    this.metrics.add('tokenjar_device_bindings_total', 1, 'offered');
  }

  /** Asks the browser to sign a challenge. */
  challenge(challenge: string, sessionId: string, response: unknown): void {
    const value = `"${challenge}";id="${sessionId}"`;
    this.globals.httpAdapter.setHeader(response, 'Secure-Session-Challenge', value);
  }

  /** Whether a request comes with a proof for its refresh token. */
  isProven(token: RefreshSubject, request: HttpRequest): boolean {
    return this.isOn && this.proofs.isProven(token, this.cookie.read(request));
  }

  /** @param maxAge **Unit** seconds. */
  setProof(proof: string, maxAge: number, request: HttpRequest, response: unknown): void {
    this.cookie.set(request, response, proof, maxAge);
  }

  /** A proof is for one refresh: whoever copies the cookies afterwards has none. */
  clearProof(request: HttpRequest, response: unknown): void {
    if (this.cookie.sent(request).length > 0) this.cookie.clear(request, response);
  }

  /**
   * What the browser keeps of a session. Only refreshes need a proof: other requests never wait for one.
   *
   * @param goesOn false where it is to forget the session.
   */
  about(sessionId: string, goesOn: boolean, request: HttpRequest): DeviceSession {
    const own = (this.dialect.paths ?? []).filter(({ id }) => id === 'refreshToken');
    return {
      sessionId,
      goesOn,
      refreshUrl: this.pathOf('proveDevice'),
      includes: [this.pathOf('refreshToken'), ...own.map(({ from }) => this.rootOf() + partsOf(from)[1])],
      initiators: hostsAmong(this.options.trustedOrigins),
      cookie: cookieAs(this.cookie.described(request)),
    };
  }

  /** As browsers see it. */
  private pathOf(name: 'bindDevice' | 'proveDevice' | 'refreshToken'): string {
    const path = this.ownPathOf(name);
    const { publicUrl } = this.options;
    return (publicUrl === undefined ? this.globals.prefixOf(path) : mountOf(this.options)) + path;
  }

  /** What browsers see before the paths of a host's wire, which its global prefix is not put before. */
  private rootOf(): string {
    const mount = mountOf(this.options);
    const prefix = this.globals.prefixOf(this.ownPathOf('refreshToken'));
    return mount.endsWith(prefix) ? mount.slice(0, mount.length - prefix.length) : mount;
  }

  private ownPathOf(name: 'bindDevice' | 'proveDevice' | 'refreshToken'): string {
    const { pathPrefix } = this.options;
    return (pathPrefix === '' ? '' : `/${pathPrefix}`) + partsOf(OPERATIONS[name].route)[1];
  }
}

type DescribedCookie = ReturnType<OwnCookie['described']>;

/** The header in which a browser sends what its device has signed. */
export const deviceResponseIn = ({ headers }: HttpRequest): string | undefined =>
  textOf(headers['secure-session-response']);

/** The session that a browser asks for, as it was told its name. **Shape** our public ID, or anything. */
export const deviceSessionIn = ({ headers }: HttpRequest): string | undefined =>
  textOf(headers['sec-secure-session-id'])?.replace(/^"(.*)"$/, '$1');

const textOf = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** As Set-Cookie has it, so that browsers find the cookie in what they are told. */
function cookieAs({ name, path, domain, secure, sameSite, partitioned }: DescribedCookie) {
  const attributes = [
    `Path=${path}`,
    domain === undefined ? '' : `Domain=${domain}`,
    secure ? 'Secure' : '',
    'HttpOnly',
    `SameSite=${sameSite.replace(/^./, (first) => first.toUpperCase())}`,
    partitioned ? 'Partitioned' : '',
  ];
  return { name, attributes: attributes.filter(Boolean).join('; ') };
}
