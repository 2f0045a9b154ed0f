import { isMarkOf } from '../crypto/mark.js';
import type { IncomingAccount } from './incoming-account.js';
import type { ImportedRow } from './ledger.js';
import { givenTo, type ImportKeys, type SeenBefore, textOf } from './seen.js';

/** What a later run takes over of an account. What is undefined stays as it is here. */
export interface Merge {
  email: string | null | undefined;
  username: string | null | undefined;
  roles: string[] | undefined;
  isActive: boolean | undefined;
  setsPassword: boolean;
  /** Whether something has changed at the source and here: what is here is newer. */
  isNewerHere: boolean;
}

/**
 * Compares three versions of each field: what an earlier run gave, what the source has now, and what is here now.
 *
 * What has changed at the source only is taken over, and what has changed here stays. An address or a name that was
 * somebody else's at the time is wanted still, and taken once it is free. Of the password, it is only known that the
 * account has changed here: its password or its address, or that it was deactivated. Pure.
 */
export function merge(account: IncomingAccount, row: ImportedRow, keys: Pick<ImportKeys, 'marks'>): Merge {
  const seen = row.seen as SeenBefore;
  const given = givenTo(seen);
  let isNewerHere = false;
  const field = <Value>(there: Value, seenThere: Value, base: Value, here: Value): Value | undefined => {
    if (isEqual(here, there)) return undefined;
    if (isEqual(here, base)) return there;
    isNewerHere ||= !isEqual(there, seenThere);
    return undefined;
  };
  const { roles: seenRoles = [], isActive: wasActive = true } = seen;
  const merged = {
    email: field(account.email, seen.email ?? null, given.email, row.email),
    username: field(account.username, seen.username ?? null, given.username, row.username),
    roles: field(account.roles, seenRoles, seenRoles, row.roles ?? []),
    isActive: field(account.isActive, wasActive, wasActive, row.isActive === true),
  };
  const hasOtherPassword = !isMarkOf(keys.marks, textOf(account), row.passwordDigest);
  if (hasOtherPassword && row.isUnchanged !== true) isNewerHere = true;
  return { ...merged, setsPassword: hasOtherPassword && row.isUnchanged === true, isNewerHere };
}

const isEqual = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Whether something that an earlier run could not give may be given now. */
export function isWanting({ seen, email, username }: ImportedRow): boolean {
  const before = seen as SeenBefore;
  const given = givenTo(before);
  return (
    (given.email !== (before.email ?? null) && given.email === email) ||
    (given.username !== (before.username ?? null) && given.username === username)
  );
}
