// What the formats of stored passwords are written in. Each reader is strict: a value that was cut off or altered must be
// refused when it arrives, not answered as a wrong password for ever after.
import { timingSafeEqual } from 'node:crypto';

/** Bytes of base64 in the standard alphabet, with or without padding; undefined for anything else. */
export function fromBase64(text) {
  const unpadded = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text)?.[1];
  if (unpadded === undefined || unpadded.length % 4 === 1) return undefined;
  if (text.length > unpadded.length && text.length % 4 !== 0) return undefined;
  return Buffer.from(unpadded, 'base64');
}

export const toBase64 = (bytes) => bytes.toString('base64');
/** As in PHC strings. */
export const toUnpadded = (bytes) => toBase64(bytes).replace(/=+$/, '');

/** Bytes of an even number of hexadecimal digits; undefined for anything else. */
export const fromHex = (text) => (/^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined);

export const isSame = (one, other) => one.length === other.length && timingSafeEqual(one, other);
