import { type TokenProblem, TokenjarError } from '../errors.js';
import { epochSeconds } from '../clock.js';

/** What the first part of a JWT says. */
export interface JwtHeader {
  alg: string;
  kid?: string;
  typ?: string;
}

/** No token of ours comes near; a longer one is not worth the work of decoding it. **Unit** characters. */
export const LONGEST_TOKEN = 8192;
/**
 * Three parts in base64url as an encoder writes it: no padding, and zeros for the bits that the last character leaves
 * over. Decoders pass over those bits, so one token would have several spellings. **Source** RFC 7515 §2, RFC 4648 §3.5.
 */
const COMPACT = ((part: string) => new RegExp(`^${part}\\.${part}\\.${part}$`))(
  '(?:[\\w-]{4})*(?:[\\w-]{4}|[\\w-]{2}[AEIMQUYcgkosw048]|[\\w-][AQgw])',
);
/** What the clocks of two instances may be apart after each measured its offset from the database. **Unit** seconds. */
const CLOCK_TOLERANCE = 1;

const invalid = (cause: string, tokenProblem?: TokenProblem) =>
  new TokenjarError('token_invalid', { cause, ...(tokenProblem && { tokenProblem }) });

/**
 * Reads the header of a token before its signature is checked.
 *
 * **Errors** `token_invalid`: not a JWT, not in its one spelling, or one that brings critical extensions (`crit`,
 * RFC 7515 §4.1.11), which jsonwebtoken would pass over. Keys that a token brings along (`jwk`, `jku`, `x5u`) are never
 * looked at.
 */
export function readHeader(token: string): JwtHeader {
  if (token.length > LONGEST_TOKEN) throw invalid('too long');
  if (!COMPACT.test(token)) throw invalid('not in compact form');
  const header = parsePart(token.slice(0, Math.max(0, token.indexOf('.'))));
  if (typeof header.alg !== 'string') throw invalid('no alg');
  if ('crit' in header) throw invalid('crit');
  if (header.kid !== undefined && typeof header.kid !== 'string') throw invalid('kid');
  if (header.typ !== undefined && typeof header.typ !== 'string') throw invalid('typ');
  return header as unknown as JwtHeader;
}

/** The claims of a token nobody has checked: good for choosing what to check, for nothing else. */
export function readUnverifiedClaims(token: string): Record<string, unknown> {
  return parsePart(token.split('.')[1] ?? '');
}

function parsePart(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Falls through: whatever was wrong with it, it is no part of a JWT.
  }
  throw invalid('not a JWT');
}

/** The claims that every token of ours carries. */
export interface CommonClaims {
  jti: string;
  /** **Unit** seconds since 1970. */
  iat: number;
  exp: number;
}

/**
 * Checks what jsonwebtoken does not: that `exp` and `iat` are there and whole numbers, on our own clock; `nbf`;
 * `token_type`; `jti`.
 *
 * **Errors** `token_expired`, `token_wrong_type`, `token_invalid`. **Source** RFC 7519 §4.1, RFC 8725 §3.11.
 */
export function checkCommonClaims(
  claims: Readonly<Record<string, unknown>>,
  expected: { tokenType?: string; now: Date; leeway: number; earliness?: number },
): CommonClaims {
  const { exp, iat, nbf, jti, token_type: tokenType } = claims;
  const now = epochSeconds(expected.now);
  if (exp === undefined) throw invalid('exp', 'no_exp');
  if (!isMoment(exp)) throw invalid('exp');
  if (!isMoment(iat) || iat > now + expected.leeway + (expected.earliness ?? CLOCK_TOLERANCE))
    throw invalid('iat');
  if (nbf !== undefined && (!isMoment(nbf) || nbf > now + expected.leeway)) throw invalid('nbf');
  if (exp + expected.leeway <= now) throw new TokenjarError('token_expired');
  if (jti === undefined) throw invalid('jti', 'no_jti');
  if (typeof jti !== 'string' || jti === '') throw invalid('jti');
  if (expected.tokenType === undefined) return { jti, iat, exp };
  if (tokenType === undefined) throw invalid('token_type', 'no_type');
  if (tokenType !== expected.tokenType) throw new TokenjarError('token_wrong_type');
  return { jti, iat, exp };
}

/** A NumericDate we could have written: whole seconds, before the year 10000. */
const isMoment = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 253_402_300_800;
