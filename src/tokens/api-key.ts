import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'tjk_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 256 bits, and a CRC-32. **Unit** digits of base62. */
const SECRET_DIGITS = 43;
const CHECK_DIGITS = 6;
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_DIGITS + CHECK_DIGITS}}$`);

/**
 * Makes an API key.
 *
 * **Shape** `tjk_`, 256 random bits as 43 digits of base62, and the CRC-32 of these digits as 6 more. The prefix is for
 * secret scanners, the checksum tells a typo from a key without a query.
 */
export function newApiKey(): string {
  const secret = inBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_DIGITS);
  return `${PREFIX}${secret}${checksumOf(secret)}`;
}

/** Whether a text claims to be an API key. */
export const looksLikeApiKey = (text: string): boolean => text.startsWith(PREFIX);

/** Whether it can be one: its form, and its checksum. */
export const isApiKey = (text: string): boolean =>
  FORM.test(text) &&
  checksumOf(text.slice(PREFIX.length, PREFIX.length + SECRET_DIGITS)) === text.slice(-CHECK_DIGITS);

/** What is stored of a key: 256 random bits need no slow hash. **Shape** SHA-256, 32 bytes. */
export const digestOfApiKey = (key: string): Buffer => hash('sha256', key, 'buffer');

const checksumOf = (secret: string): string => inBase62(BigInt(crc32(secret)), CHECK_DIGITS);

/** Padded with 0 on the left. */
function inBase62(value: bigint, digits: number): string {
  let text = '';
  for (let rest = value; text.length < digits; rest /= 62n)
    text = (ALPHABET[Number(rest % 62n)] ?? '') + text;
  return text;
}
