import { createHmac, timingSafeEqual } from 'node:crypto';

/** **Unit** seconds. */
const TOTP_PERIOD = 30;
const TOTP_DIGITS = 6;
/** Steps before and after the present one whose codes are taken: clocks differ, and people type slowly. */
const SKEW = 1;

/** **Source** RFC 4226 §5.3. */
export function hotp(secret: Buffer, counter: number, digits = TOTP_DIGITS, hash = 'sha1'): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac(hash, secret).update(message).digest();
  const value = mac.readUInt32BE((mac.at(-1) ?? 0) & 0xf) & 0x7fffffff;
  return String(value % 10 ** digits).padStart(digits, '0');
}

/** The time step of a moment. **Source** RFC 6238 §4.2. */
export const totpStepAt = (moment: Date): number => Math.floor(moment.getTime() / 1000 / TOTP_PERIOD);

/**
 * Finds the time step of a code, among those that are taken at a moment.
 *
 * @param code as it was typed: blanks and hyphens do not count, nor does the width of its digits.
 * @param after steps up to this one are spent (RFC 6238 §5.2).
 */
export function matchingTotpStep(secret: Buffer, code: string, at: Date, after = 0): number | undefined {
  const typed = Buffer.from(code.normalize('NFKC').replace(/[\s-]/g, ''));
  if (typed.length !== TOTP_DIGITS) return undefined;
  const now = totpStepAt(at);
  let found: number | undefined;
  // All of them, whichever matches: the time tells nothing.
  for (let step = now - SKEW; step <= now + SKEW; step++)
    if (timingSafeEqual(typed, Buffer.from(hotp(secret, step))) && step > after) found ??= step;
  return found;
}

/** **Shape** RFC 4648 §6, without padding, as authenticator apps take it. */
export function base32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(parseInt(group.padEnd(5, '0'), 2)))
    .join('');
}

/**
 * What an authenticator app reads from a QR code.
 *
 * **Source** https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
export function totpUri(secret: Buffer, issuer: string, account: string): string {
  const label = [issuer, account].map(encodeURIComponent).join(':');
  const facts = [
    `secret=${base32(secret)}`,
    // Not URLSearchParams: apps show its + for a blank.
    `issuer=${encodeURIComponent(issuer)}`,
    `algorithm=SHA1&digits=${TOTP_DIGITS}&period=${TOTP_PERIOD}`,
  ];
  return `otpauth://totp/${label}?${facts.join('&')}`;
}
