import { constants, createHmac, type KeyObject, sign } from 'node:crypto';
import type { JwtService } from '@nestjs/jwt';
import { epochSeconds } from '../clock.js';
import { type TokenProblem, TokenjarError } from '../errors.js';
import type { Algorithm } from './key-ring.js';

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

/**
 * Makes the function that signs claims with one key under one header.
 *
 * With node:crypto itself: jsonwebtoken works out anew at each call what a key and a header are, and a refresh signs
 * twice. It checks what is signed here (`verifySignature`), so the two cannot drift apart unnoticed.
 *
 * **Shape** compact JWS (RFC 7515 §7.1); the header is written as it is given, claims in their order. An ECDSA
 * signature is the two numbers one after the other (RFC 7518 §3.4).
 */
export function signerOf(
  key: KeyObject,
  header: { alg: Algorithm; [name: string]: unknown },
): (claims: object) => string {
  const start = `${encode(header)}.`;
  const signature = signatureOf(key, header.alg);
  return (claims) => {
    const input = start + encode(claims);
    return `${input}.${signature(input)}`;
  };
}

/** The signature of a text, in base64url. */
export function signatureOf(key: KeyObject, algorithm: Algorithm): (input: string) => string {
  const family = algorithm.slice(0, 2);
  const digest = `sha${algorithm.slice(2)}`;
  if (family === 'HS') return (input) => createHmac(digest, key).update(input).digest('base64url');
  const options = { key, ...PADDING[family] };
  return (input) => sign(digest, Buffer.from(input), options).toString('base64url');
}

/** **Source** RFC 7518 §3.4 and §3.5: the salt is as long as the digest. */
const PADDING: Record<string, object> = {
  ES: { dsaEncoding: 'ieee-p1363' },
  PS: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
};

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Whether a key made the signature of a token, whatever the token says. */
export function isSignedBy(jwt: JwtService, token: string, key: KeyObject, algorithm: Algorithm): boolean {
  try {
    verifySignature(jwt, token, key, {
      algorithms: [algorithm],
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
    return true;
  } catch (error) {
    if (error instanceof TokenjarError) return false;
    throw error;
  }
}

/** Checks a signature with jsonwebtoken. **Errors** `token_invalid`. */
export function verifySignature(
  jwt: JwtService,
  token: string,
  key: KeyObject,
  options: object,
): Record<string, unknown> {
  try {
    // A KeyObject, never a string: 16 µs instead of 430. The types of @nestjs/jwt do not know that it is allowed.
    return jwt.verify<Record<string, unknown>>(token, { ...options, publicKey: key as unknown as Buffer });
  } catch (cause) {
    throw new TokenjarError('token_invalid', { cause });
  }
}

/** The claims that every token of ours carries. */
export interface CommonClaims {
  jti: string;
  /** **Unit** seconds since 1970. */
  iat: number;
  exp: number;
  nbf?: number | undefined;
}

/** The time claims of a token. **Unit** seconds since 1970. */
interface Times {
  iat: number;
  exp: number;
  nbf?: number | undefined;
}

/** How times are compared. **Unit** seconds. */
interface Tolerance {
  now: Date;
  leeway: number;
  /** How far in the future a token may be issued. */
  earliness?: number;
}

/**
 * Checks what jsonwebtoken does not: that `exp` and `iat` are there and whole numbers, on our own clock; `nbf`;
 * `token_type`; `jti`.
 *
 * **Errors** `token_expired`, `token_wrong_type`, `token_invalid`. **Source** RFC 7519 §4.1, RFC 8725 §3.11.
 */
export function checkCommonClaims(
  claims: Readonly<Record<string, unknown>>,
  expected: Tolerance & { tokenType?: string },
): CommonClaims {
  const { exp, iat, nbf, jti, token_type: tokenType } = claims;
  if (exp === undefined) throw invalid('exp', 'no_exp');
  if (!isMoment(exp)) throw invalid('exp');
  if (!isMoment(iat)) throw invalid('iat');
  if (nbf !== undefined && !isMoment(nbf)) throw invalid('nbf');
  checkTimes({ iat, exp, nbf }, expected);
  if (jti === undefined) throw invalid('jti', 'no_jti');
  if (typeof jti !== 'string' || jti === '') throw invalid('jti');
  const common = { jti, iat, exp, nbf };
  if (expected.tokenType === undefined) return common;
  if (tokenType === undefined) throw invalid('token_type', 'no_type');
  if (tokenType !== expected.tokenType) throw new TokenjarError('token_wrong_type');
  return common;
}

/** Checks whether a token is valid at a time. **Errors** `token_expired`, `token_invalid`. */
export function checkTimes({ iat, exp, nbf }: Times, { now, leeway, earliness }: Tolerance): void {
  const second = epochSeconds(now);
  if (iat > second + leeway + (earliness ?? CLOCK_TOLERANCE)) throw invalid('iat');
  if (nbf !== undefined && nbf > second + leeway) throw invalid('nbf');
  if (exp + leeway <= second) throw new TokenjarError('token_expired');
}

/** A NumericDate we could have written: whole seconds, before the year 10000. */
const isMoment = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 253_402_300_800;
