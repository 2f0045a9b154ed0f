import { domainToASCII } from 'node:url';

/** **Source** RFC 5321 §4.5.3.1.3, less the brackets around a path. **Unit** bytes. */
export const LONGEST_ADDRESS = 254;

/** What browsers take in `<input type=email>` (HTML Standard), and every letter and sign beyond ASCII (RFC 6531 §3.3). */
const LOCAL_PART = /^[a-z0-9.!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+$/u;
/** Controls, format characters, what is not assigned, and blanks: nobody could see them. */
const INVISIBLE = /[\p{C}\p{Z}]/u;
const HOST = /^(?!.*\.\.)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * The one form in which an address is kept and compared, whichever way it was typed: in lower case, the name in
 * Unicode's form NFC, the domain in A-labels. `ü@BÜCHER.example` and `ü@xn--bcher-kva.example` are one.
 *
 * Names that differ by case are one account here, as everywhere they are one mailbox; RFC 5321 §2.4 would allow more.
 *
 * **Source** RFC 6531 §3.3, RFC 6532 §3.1 (NFC, never NFKC), UTS #46.
 *
 * @returns undefined where it is no address.
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

/** What is no name of a host is left as it is: `domainToASCII` would read an address into numbers and percent signs. */
function asciiDomain(domain: string): string {
  if (/^\p{ASCII}*$/u.test(domain) || /[^a-z0-9.\u0080-\u{10ffff}-]/u.test(domain)) return domain;
  return domainToASCII(domain);
}
