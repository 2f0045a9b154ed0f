import { domainToASCII } from 'node:url';

/** **Source** RFC 5321 §4.5.3.1.3, without the brackets around a path. **Unit** bytes. */
export const LONGEST_ADDRESS = 254;

/** What browsers accept in `<input type=email>` (HTML Standard), and all characters beyond ASCII (RFC 6531 §3.3). */
const LOCAL_PART = /^[a-z0-9.!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+$/u;
/** Control and format characters, unassigned code points and spaces, which nobody could see. */
const INVISIBLE = /[\p{C}\p{Z}]/u;
const HOST = /^(?!.*\.\.)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * The normal form in which an address is stored and compared: lower case, the local part in Unicode's form NFC, the
 * domain in A-labels. `ü@BÜCHER.example` and `ü@xn--bcher-kva.example` are the same.
 *
 * Local parts that differ only in case are the same account here, just as they are the same mailbox nearly everywhere;
 * RFC 5321 §2.4 would allow more.
 *
 * **Source** RFC 6531 §3.3, RFC 6532 §3.1 (NFC, never NFKC), UTS #46.
 *
 * @returns undefined if it is not an address.
 */
export function normalAddress(text: string): string | undefined {
  const address = text.trim();
  const at = address.lastIndexOf('@');
  if (at < 1) return undefined;
  const name = address.slice(0, at).normalize('NFC').toLowerCase().normalize('NFC');
  const domain = asciiDomain(address.slice(at + 1).toLowerCase());
  if (!LOCAL_PART.test(name) || INVISIBLE.test(name) || !HOST.test(domain)) return undefined;
  return `${name}@${domain}`;
}

/** Whether a key that stands for an account is its address. */
export const isAddress = (key: string): boolean => normalAddress(key) === key;

/**
 * Text that is not a host name is left unchanged: `domainToASCII` would interpret numbers and percent signs as an
 * address.
 */
function asciiDomain(domain: string): string {
  if (/^\p{ASCII}*$/u.test(domain) || /[^a-z0-9.\u0080-\u{10ffff}-]/u.test(domain)) return domain;
  return domainToASCII(domain);
}
