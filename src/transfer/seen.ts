import { importedCodeDigest, type ImportedCodeKeys } from '../mfa/imported-codes.js';
import type { TotpKeys } from '../mfa/totp-secrets.js';
import { isMarkOf, markOf, type MarkKeys } from '../crypto/mark.js';
import type { ExportedUser } from './exported.js';
import type { IncomingAccount } from './incoming-account.js';

/** The keys of the server: the import seals and marks what must not rest as it came. */
export interface ImportKeys {
  marks: MarkKeys;
  totp: TotpKeys;
  codes: ImportedCodeKeys;
}

/** What a run saw of an account at its source, for the next one to compare. Secrets are only in it as keyed digests. */
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
  /** Of an account of another Tokenjar: which passkeys and API keys it has there. **Shape** hexadecimal. */
  keys?: string;
}

/** Of an address and a name, what the account got: they may have been somebody else's. */
export interface Given {
  email: string | null;
  username: string | null;
}

/** The same as a ledger keeps it, with the epoch of the factors when they were written. */
export type SeenBefore = Partial<Seen> & { given?: Given; factorsEpoch?: number };

export const givenTo = ({ given, email = null, username = null }: SeenBefore): Given =>
  given ?? { email, username };

/** What is noted of an account that has come. */
export interface Noted {
  account: IncomingAccount;
  userId: number;
  /** Without an epoch of the factors, it is the current one. */
  seen: Seen & { given: Given; factorsEpoch?: number };
  passwordDigest: Buffer;
}

export const noteOf = (
  account: IncomingAccount,
  userId: number,
  { email, username }: Given,
  keys: ImportKeys,
): Noted => ({
  account,
  userId,
  seen: { ...seenOf(account, userId, keys), given: { email, username } },
  passwordDigest: markOf(keys.marks, textOf(account)),
});

export const identityName = ({ issuer, subject }: { issuer: string; subject: string }): string =>
  `${issuer} ${subject}`;

/** Another Tokenjar has digests, which are of the ID of the user too. */
export function codeDigests(
  { factors, exported }: IncomingAccount,
  userId: number,
  { codes }: ImportKeys,
): Buffer[] {
  if (exported)
    return exported.id === userId ? exported.recovery_codes.map((each) => Buffer.from(each, 'hex')) : [];
  return factors.codes.map((code) => importedCodeDigest(codes[0], userId, code));
}

/** **Shape** hexadecimal; null without an authenticator app. */
export const totpMark = (
  { factors: { totp } }: IncomingAccount,
  { marks }: Pick<ImportKeys, 'marks'>,
): string | null => (totp ? markOf(marks, `totp ${totp.secret.toString('hex')}`).toString('hex') : null);

export const seenOf = (account: IncomingAccount, userId: number, keys: ImportKeys): Seen => ({
  email: account.email,
  isVerified: account.isVerified,
  username: account.username,
  isActive: account.isActive,
  roles: account.roles,
  lastLoginAt: account.lastLoginAt,
  totp: totpMark(account, keys),
  codes: codeDigests(account, userId, keys).map((each) => each.toString('hex')),
  identities: account.identities.map(identityName),
  ...(account.exported && { keys: keysMark(account.exported, keys) }),
});

const keysMark = ({ passkeys, api_keys: apiKeys }: ExportedUser, { marks }: ImportKeys): string =>
  markOf(marks, `keys ${[...passkeys, ...apiKeys].map(({ id }) => id).join(' ')}`).toString('hex');

/** Whether the source still has what an earlier run saw. */
export function isSame(
  account: IncomingAccount,
  userId: number,
  before: { seen: SeenBefore; passwordDigest: Buffer },
  keys: ImportKeys,
): boolean {
  const now = seenOf(account, userId, keys);
  return (
    isMarkOf(keys.marks, textOf(account), before.passwordDigest) &&
    (Object.keys(now) as (keyof Seen)[]).every(
      (name) => JSON.stringify(now[name]) === JSON.stringify(before.seen[name]),
    )
  );
}

/** The stored password as a text, to be marked. */
export const textOf = ({ hash }: IncomingAccount): string =>
  typeof hash === 'string' ? hash : JSON.stringify(hash);
