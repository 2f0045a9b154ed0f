import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { KnownDevices } from '../auth/known-devices.js';
import { SignIn } from '../auth/sign-in.js';
import { TokenjarError } from '../errors.js';
import { GivenRequests } from '../http/given-requests.js';
import { isPending, type PendingSignIn } from '../http/pending-sign-in.js';
import type { TokensAndUser } from '../http/payloads.js';
import { AUTH_METHODS, type AuthMethod } from '../tokens/authentication.js';
import type { User } from '../users/user.entity.js';
import type { TokenjarUser, UserRef } from './tokenjar-user.js';
import { UserLookup } from './user-lookup.js';

/** How a host has identified the user whom it opens a session for, and where. */
export interface SignInByHost {
  /**
   * How the user has proven who they are: `fed` for what another service says, as in SAML, `pwd` for a password that a
   * directory has checked, `hwk` for a badge; `mfa` beside it, or two of different kinds, where a second factor was
   * proven too. They are in the claim `amr`. **Source** RFC 8176.
   */
  methods: readonly [AuthMethod, ...AuthMethod[]];
  /** What `@Req()` gives, on Fastify and on Express. */
  request: object;
  /** What `@Res({ passthrough: true })` gives. The cookies are set on it. */
  response: object;
  /** False if the session should end with the browser. Default true. */
  remember?: boolean;
  /** The permissions that the session has at most; by default all of the user, and the roles. **Shape** separated by spaces. */
  scope?: string;
  /**
   * True where the request comes from a page of another site, as the answer in SAML does. The host then has to know
   * itself that this browser has asked to sign in: otherwise others can sign it in to an account of theirs. Default false:
   * such a request is refused, as at our own sign-ins.
   */
  isFromOtherSite?: boolean;
}

/** A session that a host has opened. The refresh token is in the cookie. */
export interface OpenedSession {
  accessToken: string;
  /** The scheme of the Authorization header. */
  scheme: string;
  /** Of the access token. **Unit** seconds. */
  expiresIn: number;
  sessionId: string;
  user: TokenjarUser;
  /** Only if `REFRESH_TOKEN_IN` puts it in the body. */
  refreshToken?: string;
}

/** Signs in users whom a host has identified. */
@Injectable()
export class HostSignIn {
  constructor(
    private readonly lookup: UserLookup,
    private readonly signIn: SignIn,
    private readonly requests: GivenRequests,
    private readonly devices: KnownDevices,
    private readonly audit: Audit,
  ) {}

  /** **Errors** see {@link TokenjarSessions.open}. */
  async open(
    user: UserRef,
    { methods, request, response, remember, scope, isFromOtherSite = false }: SignInByHost,
  ): Promise<OpenedSession | PendingSignIn> {
    if (methods.length === 0 || !methods.every((each) => AUTH_METHODS.includes(each)))
      throw new TypeError(`a session is opened by some of these methods: ${AUTH_METHODS.join(', ')}`);
    const { caller, sent } = this.requests.read(request, response, isFromOtherSite);
    const account = await this.lookup.demand(user);
    if (!account.isActive) {
      const failed = { event: 'login', outcome: 'failure', reason: 'user_inactive' } as const;
      await this.audit.record({ ...failed, userId: account.id, caller });
      throw new TokenjarError('user_inactive');
    }
    const device = this.devices.of(sent);
    const proof = { account, methods, device, caller, remember, scope, ifChanged: 'login_expired' } as const;
    const result = this.requests.apply(await this.signIn.finish(proof), request, response);
    return isPending(result) ? result : this.opened(result, account);
  }

  private opened({ accessToken, scheme, expiresIn, ...rest }: TokensAndUser, account: User): OpenedSession {
    const { refreshToken, sessionId = '' } = rest;
    const opened = { accessToken, scheme, expiresIn, sessionId, user: this.lookup.shown(account) };
    return refreshToken === undefined ? opened : { ...opened, refreshToken };
  }
}
