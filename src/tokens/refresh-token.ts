import type { KeyObject } from 'node:crypto';
import type { JwtService } from '@nestjs/jwt';
import { TokenjarError } from '../errors.js';
import { verifySignature } from './access-token.js';
import { checkCommonClaims, type CommonClaims, readHeader } from './claims.js';

/** What a refresh token is made of; each value is a function of the session's row and nothing else. */
export interface RefreshSubject {
  userId: number;
  /** **Shape** 32 hexadecimal digits: 128 random bits that name the session here and nowhere else. */
  lookupId: string;
  generation: number;
  /** **Unit** seconds since 1970. */
  issuedAt: number;
  expiresAt: number;
}

const TOKEN_TYPE = 'refresh';
const ALGORITHM = 'HS256';

/**
 * Refresh tokens.
 *
 * **Shape** JWT, HS256 under a key derived from `SECRET_KEY`; claims `sub jti gen iat exp token_type`.
 *
 * They are deterministic: the same row gives the same bytes, so a repeated request is answered with the same cookie
 * though no token is stored. A database dump alone forges nothing, and junk is refused without a query.
 * **Source** RFC 9700 §4.14.2 (a grant encoded in an integrity-protected token).
 */
export class RefreshTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly key: KeyObject,
    private readonly leeway: number,
  ) {}

  encode({ userId, lookupId, generation, issuedAt, expiresAt }: RefreshSubject): string {
    // The order of the keys is part of the bytes.
    const payload = {
      sub: String(userId),
      jti: lookupId,
      gen: generation,
      iat: issuedAt,
      exp: expiresAt,
      token_type: TOKEN_TYPE,
    };
    return this.jwt.sign(payload, { privateKey: this.key, algorithm: ALGORITHM });
  }

  /** The key for a token, by its header alone. **Errors** `token_invalid`. */
  keyFor(token: string): KeyObject {
    const { alg, typ } = readHeader(token);
    if (alg !== ALGORITHM || typ !== 'JWT') throw new TokenjarError('token_invalid');
    return this.key;
  }

  /** Checks the claims of a token whose signature was found good. **Errors** `token_*`. */
  check(claims: Record<string, unknown>, now: Date): RefreshSubject {
    const { jti, iat, exp } = checkCommonClaims(claims, { tokenType: TOKEN_TYPE, now, leeway: this.leeway });
    return toSubject({ jti, iat, exp }, claims);
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
    return toSubject({ jti, iat: iat as number, exp: exp as number }, claims);
  }

  /** Whether a token is one of ours, for saying "wrong type" instead of "invalid". */
  recognises(token: string): boolean {
    try {
      return this.verifySignature(token).token_type === TOKEN_TYPE;
    } catch {
      return false;
    }
  }

  private verifySignature(token: string): Record<string, unknown> {
    return verifySignature(this.jwt, token, this.keyFor(token), {
      algorithms: [ALGORITHM],
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  }
}

function toSubject({ jti, iat, exp }: CommonClaims, { sub, gen }: Record<string, unknown>): RefreshSubject {
  const isOurs =
    typeof sub === 'string' &&
    /^[1-9]\d{0,15}$/.test(sub) &&
    /^[0-9a-f]{32}$/.test(jti) &&
    Number.isSafeInteger(gen) &&
    (gen as number) >= 1 &&
    // Generations are 32-bit in the table; the last is left free for the successor.
    (gen as number) < 2 ** 31 - 1;
  if (!isOurs) throw new TokenjarError('token_invalid');
  return { userId: Number(sub), lookupId: jti, generation: gen as number, issuedAt: iat, expiresAt: exp };
}
