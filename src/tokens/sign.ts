import { constants, createHmac, type KeyObject, sign } from 'node:crypto';
import type { Algorithm } from './key-ring.js';

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
