import { createHmac } from 'node:crypto';

/** The steps that RFC 6238 counts in. **Unit** seconds. */
const PERIOD = 30;

/**
 * An authenticator app: codes from what a user types or scans, by RFC 6238. It shares no code with the server.
 *
 * @param secret Base32, as shown.
 */
export function codeOf(secret: string, at: Date, step = 0): string {
  const counter = BigInt(Math.floor(at.getTime() / 1000 / PERIOD) + step);
  return hotpOf(bytesOf(secret), counter, 6, 'sha1');
}

/** **Source** RFC 4226 §5.3, written after its words: the last four bits say where the 31 bits are. */
export function hotpOf(key: Uint8Array, counter: bigint, digits: number, hash: string): string {
  const message = counter.toString(16).padStart(16, '0');
  const mac = createHmac(hash, key).update(message, 'hex').digest('hex');
  const offset = Number.parseInt(mac.slice(-1), 16);
  const bits = BigInt(`0x${mac.slice(offset * 2, offset * 2 + 8)}`) & 0x7fffffffn;
  return (bits % 10n ** BigInt(digits)).toString().padStart(digits, '0');
}

/** **Source** RFC 4648 §6. */
export function bytesOf(base32: string): Uint8Array {
  let bits = '';
  for (const character of base32.toUpperCase()) {
    const value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character);
    if (value < 0) throw new TypeError(`not Base32: ${character}`);
    bits += value.toString(2).padStart(5, '0');
  }
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** The facts of an `otpauth://` address, as an app reads them. */
export function readTotpUri(uri: string): { issuer: string; account: string } & Record<string, string> {
  const { protocol, host, pathname, searchParams } = new URL(uri);
  if (protocol !== 'otpauth:' || host !== 'totp') throw new TypeError(`not a TOTP address: ${uri}`);
  const [issuer = '', account = ''] = decodeURIComponent(pathname.slice(1)).split(':');
  return { ...Object.fromEntries(searchParams), issuer, account };
}
