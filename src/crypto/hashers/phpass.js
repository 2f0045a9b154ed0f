import { createHash } from 'node:crypto';
import { MALFORMED, MOST_PHPASS_COST, TOO_COSTLY } from './limits.js';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const md5 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest();

/**
 * The hashes of WordPress before 6.8 and phpBB: MD5, repeated. **Shape** `$P$` or `$H$`, the logarithm of the rounds as
 * one character, 8 of salt, 22 of digest. **Source** Openwall phpass 0.3, `crypt_private`.
 */
export function parsePhpass(stored) {
  const [, id, logarithm, salt, digest] =
    /^\$([PH])\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})$/.exec(stored) ?? [];
  if (!salt) return MALFORMED;
  const cost = ALPHABET.indexOf(logarithm);
  // phpass itself takes 7 to 30.
  if (cost < 7) return MALFORMED;
  if (cost > MOST_PHPASS_COST) return TOO_COSTLY;
  return {
    format: 'phpass',
    isWeak: true,
    isNeverBare: true,
    digest: decode(digest),
    derive(password) {
      let hash = md5(salt, password);
      for (let round = 2 ** cost; round > 0; round--) hash = md5(hash, password);
      return hash;
    },
    encode: (other) => `$${id}$${logarithm}${salt}${encode(other)}`,
  };
}

/** Base64 of another alphabet, the low bits first. */
function encode(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const value = bytes[i] | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16);
    const characters = Math.min(4, Math.ceil(((bytes.length - i) * 8) / 6));
    for (let shift = 0; shift < characters * 6; shift += 6) text += ALPHABET[(value >> shift) & 63];
  }
  return text;
}

function decode(text) {
  const bytes = [];
  for (let i = 0; i < text.length; i += 4) {
    const values = [...text.slice(i, i + 4)].map((each) => ALPHABET.indexOf(each));
    const value = values.reduce((sum, each, place) => sum | (each << (6 * place)), 0);
    for (let byte = 0; byte < Math.floor((values.length * 6) / 8); byte++)
      bytes.push((value >> (8 * byte)) & 255);
  }
  return Buffer.from(bytes);
}
