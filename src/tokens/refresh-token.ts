import { type KeyObject, timingSafeEqual } from 'node:crypto';
import type { JwtService } from '@nestjs/jwt';
import type { Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import {
  checkCommonClaims,
  type CommonClaims,
  isSignedBy,
  LONGEST_TOKEN,
  readHeader,
  readUnverifiedClaims,
  signatureOf,
  signerOf,
  verifySignature,
} from './jwt.js';
import type { TokenUser, TokenUsers } from './token-user.js';

/** What a refresh token is made of; each value is a function of the session's row and nothing else. */
export interface RefreshSubject extends TokenUser {
  /** **Shape** 32 hexadecimal digits: 128 random bits that name the session here and nowhere else. */
  lookupId: string;
  generation: number;
  /** The generation that it replaced; the one before it if undefined. */
  parentGeneration?: number | undefined;
  /** **Unit** seconds since 1970. */
  issuedAt: number;
  expiresAt: number;
}

/** How refresh tokens are signed. */
export interface RefreshTokenKey {
  key: KeyObject;
  algorithm: 'HS256' | 'HS384' | 'HS512';
}

const TOKEN_TYPE = 'refresh';
/**
 * How far our clock may have been set back since a token was signed: a machine's step, a failover to a database whose
 * clock is behind. Its session judges its age by the row; refused here, an honest user would be signed out.
 * **Unit** seconds.
 */
export const CLOCK_STEP = 600;

/**
 * Refresh tokens.
 *
 * **Shape** JWT, HS256 under a key derived from `SECRET_KEY` (in simplejwt's format the key and algorithm of the access
 * tokens); claims `sub jti gen iat exp token_type`, the first under the name of `USER_ID_CLAIM`, `par` where the token
 * did not replace the one before it, and `user_ref` with `USER_ID=uuid`. With `par` a token says all that its row did,
 * should the database lose that.
 *
 * They are deterministic: the same row gives the same bytes, so a repeated request is answered with the same cookie
 * though no token is stored. A database dump alone forges nothing, and junk is refused without a query.
 * **Source** RFC 9700 §4.14.2 (a grant encoded in an integrity-protected token).
 */
export class RefreshTokens {
  private readonly sign: (claims: object) => string;
  private readonly signature: (input: string) => string;
  /** What every token that {@link encode} makes begins with: its header. */
  private readonly start: string;

  constructor(
    private readonly jwt: JwtService,
    private readonly signing: RefreshTokenKey,
    private readonly options: Pick<Options, 'leeway' | 'userIdClaim' | 'tokenFormat'>,
    private readonly users: TokenUsers,
    /** Keys that no longer sign. */
    private readonly formerKeys: readonly RefreshTokenKey[] = [],
  ) {
    const { key, algorithm } = signing;
    this.sign = signerOf(key, { alg: algorithm, typ: 'JWT' });
    this.signature = signatureOf(key, algorithm);
    this.start = this.sign({}).split('.', 1)[0] + '.';
  }

  encode(subject: RefreshSubject): string {
    const { generation, parentGeneration } = subject;
    // The order of the keys is part of the bytes.
    return this.sign({
      [this.options.userIdClaim]: this.users.nameOf(subject),
      jti: subject.lookupId,
      gen: generation,
      ...(parentGeneration !== undefined && parentGeneration !== generation - 1 && { par: parentGeneration }),
      iat: subject.issuedAt,
      exp: subject.expiresAt,
      token_type: TOKEN_TYPE,
      user_ref: this.users.refOf(subject),
    });
  }

  /** Checks a token wholly, but for its session. **Errors** `token_*`. */
  verify(token: string, now: Date): RefreshSubject {
    return this.check(this.verifySignature(token), now);
  }

  /**
   * Reads a token of ours whether or not it has expired: enough to say which session it was of.
   *
   * **Errors** `token_invalid`, `token_wrong_type`.
   */
  identify(token: string): RefreshSubject {
    const claims = this.verifySignature(token);
    if (claims.token_type !== TOKEN_TYPE) throw new TokenjarError('token_wrong_type');
    const { jti, iat, exp } = claims;
    if (typeof jti !== 'string' || !Number.isSafeInteger(iat) || !Number.isSafeInteger(exp))
      throw new TokenjarError('token_invalid');
    return this.toSubject({ jti, iat: iat as number, exp: exp as number }, claims);
  }

  /** Whether a token is one of ours, for saying "wrong type" instead of "invalid". */
  recognises(token: string): boolean {
    try {
      return this.verifySignature(token).token_type === TOKEN_TYPE;
    } catch {
      return false;
    }
  }

  /** Whether it is a well-formed JWT that we did not sign. */
  isOfAnother(token: string): boolean {
    try {
      readHeader(token);
      readUnverifiedClaims(token);
    } catch {
      return false;
    }
    try {
      this.verifySignature(token);
      return false;
    } catch {
      return true;
    }
  }

  private check(claims: Record<string, unknown>, now: Date): RefreshSubject {
    const { jti, iat, exp } = checkCommonClaims(claims, {
      tokenType: TOKEN_TYPE,
      now,
      leeway: this.options.leeway,
      // simplejwt refuses what was signed later than now, and there a refused cookie stays for another try.
      earliness: this.options.tokenFormat === 'simplejwt' ? undefined : CLOCK_STEP,
    });
    return this.toSubject({ jti, iat, exp }, claims);
  }

  /** The claims of a token that one of our keys signed. **Errors** `token_invalid`. */
  private verifySignature(token: string): Record<string, unknown> {
    if (this.isOwn(token)) return readUnverifiedClaims(token);
    const { key, algorithm } = this.keyFor(token);
    return verifySignature(this.jwt, token, key, {
      algorithms: [algorithm],
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  }

  /**
   * Whether {@link encode} made a token with the key in force: its header and its signature are the very bytes.
   *
   * That is every token but those of former keys and of others, at a third of what jsonwebtoken takes; what is not ours
   * jsonwebtoken judges.
   */
  private isOwn(token: string): boolean {
    if (!token.startsWith(this.start) || token.length > LONGEST_TOKEN) return false;
    const end = token.lastIndexOf('.');
    const expected = Buffer.from(this.signature(token.slice(0, Math.max(0, end))));
    const presented = Buffer.from(token.slice(end + 1));
    return presented.length === expected.length && timingSafeEqual(presented, expected);
  }

  /** The key for a token: ours, or the former one that signed it. **Errors** `token_invalid`. */
  private keyFor(token: string): RefreshTokenKey {
    const { alg, typ } = readHeader(token);
    const keys = [this.signing, ...this.formerKeys].filter(({ algorithm }) => algorithm === alg);
    const [first] = keys;
    if (!first || (typ ?? this.absentType) !== 'JWT') throw new TokenjarError('token_invalid');
    if (keys.length === 1) return first;
    return keys.find(({ key, algorithm }) => isSignedBy(this.jwt, token, key, algorithm)) ?? first;
  }

  /** simplejwt takes a token that does not say what it is. */
  private get absentType(): string {
    return this.options.tokenFormat === 'simplejwt' ? 'JWT' : '';
  }

  private toSubject({ jti, iat, exp }: CommonClaims, claims: Record<string, unknown>): RefreshSubject {
    const name = claims[this.options.userIdClaim] ?? onlyOther(claims);
    const { gen, par, user_ref: ref } = claims;
    if (name === undefined) throw new TokenjarError('token_invalid', { tokenProblem: 'no_user' });
    const user = this.users.read({ name, ref });
    const isOurs =
      /^[0-9a-f]{32}$/.test(jti) &&
      Number.isSafeInteger(gen) &&
      (gen as number) >= 1 &&
      // Generations are 32-bit in the table; the last is left free for the successor.
      (gen as number) < 2 ** 31 - 1 &&
      (par === undefined ||
        (Number.isSafeInteger(par) && (par as number) >= 0 && (par as number) < (gen as number)));
    if (!user || !isOurs) throw new TokenjarError('token_invalid');
    return {
      userId: user.userId,
      publicId: user.publicId,
      lookupId: jti,
      generation: gen as number,
      ...(par !== undefined && { parentGeneration: par as number }),
      issuedAt: iat,
      expiresAt: exp,
    };
  }
}

/** What we sign has one claim beside these, the user: it may have had another name, for `USER_ID_CLAIM` can be changed. */
function onlyOther(claims: Readonly<Record<string, unknown>>): unknown {
  const [first, ...more] = Object.keys(claims).filter((name) => !OTHER_CLAIMS.has(name));
  return first !== undefined && more.length === 0 ? claims[first] : undefined;
}

const OTHER_CLAIMS = new Set(['jti', 'gen', 'par', 'iat', 'exp', 'token_type', 'user_ref']);
