import { importedCodeDigest, type ImportedCodeKeys } from '../mfa/imported-codes.js';
import type { TotpKeys } from '../mfa/totp-secrets.js';
import { isMarkOf, markOf, type MarkKeys } from './password-marks.js';
import type { MappedUser } from './site-mapping.js';

/** The keys of the server: the import seals and marks what must not rest as it came. */
export interface ImportKeys {
  marks: MarkKeys;
  totp: TotpKeys;
  codes: ImportedCodeKeys;
}

/** What a run saw of a user at the site, for the next one to compare. Secrets are only in it as keyed digests. */
export interface Seen {
  email: string | null;
  isVerified: boolean;
  username: string | null;
  isActive: boolean;
  roles: string[];
  lastLoginAt: string | null;
  /** **Shape** hexadecimal. */
  totp: string | null;
  /** As they rest in `recovery_codes`. **Shape** hexadecimal. */
  codes: string[];
  /** **Shape** issuer, a blank, subject. */
  identities: string[];
}

/** The same, and the epoch of the factors when they were written. */
export type SeenBefore = Partial<Seen> & { factorsEpoch?: number };

export const identityName = ({ issuer, subject }: { issuer: string; subject: string }): string =>
  `${issuer} ${subject}`;

export const codeDigests = ({ factors }: MappedUser, userId: number, { codes }: ImportKeys): Buffer[] =>
  factors.codes.map((code) => importedCodeDigest(codes[0], userId, code));

export const seenOf = (mapped: MappedUser, userId: number, keys: ImportKeys): Seen => ({
  email: mapped.email,
  isVerified: mapped.isVerified,
  username: mapped.username,
  isActive: mapped.isActive,
  roles: mapped.roles,
  lastLoginAt: mapped.lastLoginAt,
  totp: mapped.factors.totp
    ? markOf(keys.marks, `totp ${mapped.factors.totp.secret.toString('hex')}`).toString('hex')
    : null,
  codes: codeDigests(mapped, userId, keys).map((each) => each.toString('hex')),
  identities: mapped.identities.map(identityName),
});

/** Whether the site still has what an earlier run saw. */
export function isSame(
  mapped: MappedUser,
  userId: number,
  before: { seen: SeenBefore; passwordDigest: Buffer },
  keys: ImportKeys,
): boolean {
  const now = seenOf(mapped, userId, keys);
  return (
    isMarkOf(keys.marks, mapped.column, before.passwordDigest) &&
    (Object.keys(now) as (keyof Seen)[]).every(
      (name) => JSON.stringify(now[name]) === JSON.stringify(before.seen[name]),
    )
  );
}
