import { constants, createHmac, type KeyObject, sign } from 'node:crypto';
import { TokenjarError } from '../../src/errors.js';

export type Json = Record<string, unknown>;

/** A part of a JWT: text unchanged, anything else as JSON. */
export const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** The first two parts of a JWT. */
export const unsigned = (header: unknown, claims: unknown): string => `${part(header)}.${part(claims)}`;

/** Appends an HMAC, whatever the header says. */
export const hmac = (text: string, secret: string | Buffer, bits = 256): string =>
  `${text}.${createHmac(`sha${bits}`, secret).update(text).digest('base64url')}`;

/** Appends a signature by one of our algorithms, whatever the header says. */
export function signed(text: string, algorithm: string, key: KeyObject): string {
  const bits = Number(algorithm.slice(2));
  if (key.type === 'secret') return hmac(text, key.export(), bits);
  const signature = sign(`sha${bits}`, Buffer.from(text), {
    key,
    dsaEncoding: 'ieee-p1363',
    ...(algorithm.startsWith('PS') && {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  });
  return `${text}.${signature.toString('base64url')}`;
}

/** The header (0) or the claims (1) of a token. */
export const readPart = (token: string, index: 0 | 1): Json =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Json;

/** The error code of a check, or `accepted`. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof TokenjarError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** A private or public key as PEM. */
export const pem = (key: KeyObject): string =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
