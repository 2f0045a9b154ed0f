import { randomUUID } from 'node:crypto';
import type { JwtService } from '@nestjs/jwt';
import type { Options } from '../config/options.js';
import { epochSeconds } from '../clock.js';
import { TokenjarError } from '../errors.js';
import { checkLifetime, newLifetime } from './access-lifetime.js';
import { type Actor, actorClaim, readActor } from './actor.js';
import { type AuthenticationClaims, readAuthentication } from './authentication.js';
import {
  checkCommonClaims,
  checkTimes,
  type CommonClaims,
  isSignedBy,
  LONGEST_TOKEN,
  readHeader,
  verifySignature,
} from './jwt.js';
import { isPermission, permissionsIn } from './scope.js';
import type { KeyRing, VerifyingKey } from './key-ring.js';
import { UUID } from '../user-id.js';
import { signersFor } from './signers.js';
import type { TokenUser, TokenUsers } from './token-user.js';
import { VerifiedTokens } from './verified-tokens.js';

/** For whom an access token speaks. */
export interface AccessSubject extends AuthenticationClaims, TokenUser {
  sessionId: string;
  roles: readonly string[];
  /** The permissions. */
  scopes: readonly string[];
  /** The last change of the user's roles that it knows of, and of any role. **Unit** milliseconds since 1970. */
  claimsEpoch: number;
  rolesEpoch: number;
  /** Who acts as the user, if it is somebody else. */
  actor?: Actor | undefined;
  /** The API key that the token is from; it has no roles and no level then. */
  keyId?: string | undefined;
}

/** What a checked access token says. */
export interface AccessClaims extends CommonClaims, AccessSubject {
  /** All of them, for claims that a host added. */
  all: Readonly<Record<string, unknown>>;
}

export type AccessTokenOptions = Pick<
  Options,
  | 'issuer'
  | 'audience'
  | 'leeway'
  | 'accessTokenLifetime'
  | 'accessTokenJitter'
  | 'userIdClaim'
  | 'tokenFormat'
>;

const TOKEN_TYPE = 'access';

/**
 * Access tokens.
 *
 * **Shape** JWT, header `typ: at+jwt` (RFC 9068 §2.1), claims `iss sub aud exp iat jti sid roles scope amr acr auth_time token_type`,
 * with `USER_ID=uuid` `user_ref`, and for users whose roles have changed `claims_epoch`, for those with roles
 * `roles_epoch`. One from an API key has `key_id` and `client_id` instead of `amr acr auth_time`, and its `sid` names no session.
 * **Source** RFC 7519, RFC 8725.
 */
export class AccessTokens {
  private readonly signerOf: ReturnType<typeof signersFor>;
  private readonly verified = new VerifiedTokens<AccessClaims>();
  /** The version of the keys with which the remembered tokens were verified. */
  private verifiedWith = 0;

  constructor(
    private readonly jwt: JwtService,
    readonly keys: KeyRing,
    private readonly options: AccessTokenOptions,
    private readonly users: TokenUsers,
  ) {
    this.signerOf = signersFor(this.isOurs ? 'at+jwt' : 'JWT');
  }

  /**
   * Signs a token with the key whose turn it is.
   *
   * @param notAfter when its session ends for good; the token does not outlive it.
   * @param claimsOfHost ours win.
   * **Errors** `token_too_large`: roles and claims are more than a request can bring back.
   *
   * @returns the token and how long it lives. **Unit** seconds.
   */
  issue(
    subject: AccessSubject,
    now: Date,
    notAfter: Date,
    claimsOfHost: Readonly<Record<string, unknown>> = {},
  ): { token: string; expiresIn: number } {
    const { issuer, audience, userIdClaim } = this.options;
    const lifetime = newLifetime(subject, this.options);
    const iat = epochSeconds(now);
    const exp = Math.max(iat + 1, Math.min(iat + lifetime, epochSeconds(notAfter)));
    // Not one literal: with parts spread into it, V8 makes an object of no known shape, which is slow from here on.
    const claims: Record<string, unknown> = { ...claimsOfHost };
    if (issuer) claims.iss = issuer;
    if (audience.length > 0) claims.aud = audience.length === 1 ? audience[0] : audience;
    claims[userIdClaim] = this.users.nameOf(subject);
    claims.user_ref = this.users.refOf(subject);
    claims.sid = subject.sessionId;
    claims.roles = subject.roles;
    // Undefined ones are left out, and those of a host of the same name with them.
    claims.scope = subject.scopes.length > 0 ? subject.scopes.join(' ') : undefined;
    claims.claims_epoch = subject.claimsEpoch || undefined;
    claims.roles_epoch = subject.rolesEpoch || undefined;
    const { keyId } = subject;
    claims.act = actorClaim(subject.actor, this.users);
    claims.amr = keyId === undefined ? subject.amr : undefined;
    claims.acr = keyId === undefined ? subject.acr : undefined;
    claims.auth_time = keyId === undefined ? subject.authTime : undefined;
    claims.key_id = keyId;
    if (keyId !== undefined) claims.client_id = keyId;
    // simplejwt writes its ids without dashes.
    claims.jti = this.isOurs ? randomUUID() : randomUUID().replaceAll('-', '');
    claims.iat = iat;
    claims.exp = exp;
    claims.token_type = TOKEN_TYPE;
    const token = this.signerOf(this.keys.signerAt(now))(claims);
    if (token.length > LONGEST_TOKEN)
      throw new TokenjarError('token_too_large', { cause: `${token.length} characters` });
    return { token, expiresIn: exp - iat };
  }

  /**
   * Verifies a token, except for the blacklist. One that was verified before is only checked for its times.
   *
   * @returns claims that other requests share, frozen. **Errors** `token_*`, `user_not_found`.
   */
  verify(token: string, now: Date): AccessClaims {
    const known = this.recall(token);
    if (!known) return this.verified.learn(token, this.read(this.verifySignature(token, now), now));
    checkTimes(known, { now, leeway: this.options.leeway });
    checkLifetime(known, known.actor, now, this.options);
    return known;
  }

  /** Checks a token of any type and any owner that was signed with our key. **Errors** `token_*`. */
  verifyUntyped(token: string, now: Date): CommonClaims {
    return checkCommonClaims(this.verifySignature(token, now), { now, leeway: this.options.leeway });
  }

  /** The ID of the key that a token names, if no token of such a key is accepted here. */
  unknownKeyOf(token: string, now: Date): string | undefined {
    try {
      const { alg, kid, typ } = readHeader(token);
      return this.isTyped(typ) && this.keys.findAll(kid, alg, now).length === 0 ? kid : undefined;
    } catch {
      return undefined;
    }
  }

  /** What was verified with other keys is verified again: one of them may be revoked. */
  private recall(token: string): AccessClaims | undefined {
    if (this.verifiedWith !== this.keys.version) {
      this.verified.forgetAll();
      this.verifiedWith = this.keys.version;
    }
    return this.verified.recall(token);
  }

  /** Reads the claims of a token whose signature, issuer and audience are valid. **Errors** `token_*`. */
  private read(claims: Readonly<Record<string, unknown>>, now: Date): AccessClaims {
    const common = checkCommonClaims(claims, { tokenType: TOKEN_TYPE, now, leeway: this.options.leeway });
    const { sid, roles, scope, key_id: keyId } = claims;
    // Another issuer may share the key, whose users and lifetimes are not ours.
    if (typeof sid !== 'string' || !UUID.test(sid)) throw new TokenjarError('token_invalid');
    checkLifetime(common, claims.act, now, this.options);
    const user = this.users.demand(claims, this.options.userIdClaim);
    if (keyId !== undefined && (typeof keyId !== 'string' || !UUID.test(keyId)))
      throw new TokenjarError('token_invalid');
    const { amr, acr, authTime } = readAuthentication(claims, keyId ?? sid);
    return {
      jti: common.jti,
      iat: common.iat,
      exp: common.exp,
      nbf: common.nbf,
      userId: user.userId,
      publicId: user.publicId,
      sessionId: sid,
      roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
      scopes: typeof scope === 'string' ? permissionsIn(scope).filter(isPermission) : [],
      claimsEpoch: epochIn(claims.claims_epoch),
      rolesEpoch: epochIn(claims.roles_epoch),
      actor: readActor(claims.act, this.users),
      keyId,
      amr,
      acr,
      authTime,
      all: claims,
    };
  }

  /** Chooses the key for a token, by its header, and among secrets without a name by its signature. **Errors** `token_invalid`. */
  private keyFor(token: string, now: Date): VerifyingKey {
    const { alg, kid, typ } = readHeader(token);
    const keys = this.isTyped(typ) ? this.keys.findAll(kid, alg, now) : [];
    const key =
      keys.length > 1
        ? keys.find(({ publicKey, algorithm }) => isSignedBy(this.jwt, token, publicKey, algorithm))
        : keys[0];
    if (!key) throw new TokenjarError('token_invalid');
    return key;
  }

  private verifySignature(token: string, now: Date): Record<string, unknown> {
    const { publicKey, algorithm } = this.keyFor(token, now);
    return verifySignature(this.jwt, token, publicKey, { ...this.verifyOptions, algorithms: [algorithm] });
  }

  private get isOurs(): boolean {
    return this.options.tokenFormat === 'standard';
  }

  /** Whether a header says that its token is an access token, as far as the format tells. */
  private isTyped(typ: string | undefined): boolean {
    // Case and the prefix application/ are left open by RFC 7515 §4.1.9.
    const type = typ?.toLowerCase().replace(/^application\//, '');
    // simplejwt writes JWT for either kind, and takes a token that does not say what it is.
    return this.isOurs ? type === 'at+jwt' : (type ?? 'jwt') === 'jwt';
  }

  /** What jsonwebtoken is left to check beside the signature; times are checked on our own clock. */
  private get verifyOptions(): {
    issuer?: string;
    audience?: [string, ...string[]];
    ignoreExpiration: true;
    ignoreNotBefore: true;
  } {
    const [first, ...others] = this.options.audience;
    return {
      ...(this.options.issuer && { issuer: this.options.issuer }),
      ...(first !== undefined && { audience: [first, ...others] }),
      ignoreExpiration: true,
      ignoreNotBefore: true,
    };
  }
}

/** Absent in tokens from before any change. */
const epochIn = (claim: unknown): number => (typeof claim === 'number' ? claim : 0);
