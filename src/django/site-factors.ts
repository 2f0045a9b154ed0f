import { createHmac } from 'node:crypto';
import type { IncomingFactors } from '../transfer/incoming-account.js';
import { fromBase32 } from '../transfer/totp-text.js';
import type { SiteUser } from './site-users.js';

/** What allauth and dj-rest-auth give unless the site says otherwise. */
const CODES = 10;

/**
 * Reads what allauth's and dj-rest-auth's tables of authenticators say.
 *
 * **Source** django-allauth 65, `mfa/totp` and `mfa/recovery_codes`; dj-rest-auth, `mfa/`.
 */
export function factorsOf(
  { authenticators }: Pick<SiteUser, 'authenticators'>,
  codeCount = CODES,
): IncomingFactors {
  let totp: IncomingFactors['totp'];
  const codes: string[] = [];
  const refused: string[] = [];
  for (const { type, data, createdAt, isOfAllauth } of authenticators) {
    if (type === 'totp') {
      const secret = secretIn(data.secret);
      if (secret && !totp) totp = { secret, createdAt };
      else if (!secret) refused.push('totp');
    } else if (type === 'recovery_codes') {
      const found = codesIn(data, codeCount, isOfAllauth ? allauthCode : djRestAuthCode);
      if (found) codes.push(...found);
      else refused.push('recovery_codes');
    } else refused.push(type);
  }
  return { totp, codes: totp ? codes : [], refused };
}

/** Base32; dj-rest-auth adds a signature. An adapter of the site may have encrypted it: then it is none. */
function secretIn(value: unknown): Buffer | undefined {
  if (typeof value !== 'string') return undefined;
  const [text = ''] = value.replace(/=+$/, '').split(':');
  return /^[A-Z2-7]{16,128}$/.test(text) ? fromBase32(text) : undefined;
}

/** All codes are computed from a seed, with a mask of the used ones; or they were written down when they were migrated. */
function codesIn(
  data: Record<string, unknown>,
  count: number,
  codeOf: (seed: string, i: number) => string,
): string[] | undefined {
  const { migrated_codes: migrated, seed, used_mask: mask = 0 } = data;
  if (Array.isArray(migrated)) return migrated.filter((each) => typeof each === 'string');
  if (typeof seed !== 'string' || !/^[0-9a-f]{16,256}$/i.test(seed) || !Number.isSafeInteger(mask))
    return undefined;
  const codes = Array.from({ length: count }, (_, i) => codeOf(seed, i));
  return codes.filter((_, i) => (BigInt(mask as number) & (1n << BigInt(i))) === 0n);
}

/** The key is the text of the seed, and each code is of all messages up to its own. */
function allauthCode(seed: string, i: number): string {
  const messages = Array.from({ length: i + 1 }, (_, each) => `${String(each).padStart(3)},`).join('');
  const value = createHmac('sha1', seed).update(messages).digest().readUInt32BE();
  return String(value % 10 ** 8).padStart(8, '0');
}

function djRestAuthCode(seed: string, i: number): string {
  const code = createHmac('sha256', Buffer.from(seed, 'hex')).update(String(i)).digest('hex').slice(0, 8);
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}
