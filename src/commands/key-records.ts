import { KeyRefusal } from '../keys/key-refusal.js';
import { isShared, type KeyTimes, stateOf, verifiesUntil } from '../keys/key-states.js';
import { CommandError } from './command-error.js';

const timeOf = (moment: Date | number | null): string | null =>
  moment === null || moment === Infinity ? null : new Date(moment).toISOString();

/** What a command says of a key. **Shape** times in RFC 3339, UTC. */
export const jsonOfKey = (key: KeyTimes, now: Date): object => ({
  kid: key.kid,
  algorithm: key.algorithm,
  state: stateOf(key, now),
  imported: key.isImported,
  published_at: isShared(key.algorithm) ? null : timeOf(key.createdAt),
  signs_from: timeOf(key.signsFrom),
  signs_until: timeOf(key.signsUntil),
  verifies_until: key.revokedAt ? timeOf(key.revokedAt) : timeOf(verifiesUntil(key)),
  revoked_at: timeOf(key.revokedAt),
});

export function describeKey(key: KeyTimes, now: Date): string {
  const state = stateOf(key, now);
  const since = {
    next: key.signsFrom ? `signs from ${timeOf(key.signsFrom)}` : `published since ${timeOf(key.createdAt)}`,
    current: `signs since ${timeOf(key.signsFrom)}${key.signsUntil ? ` until ${timeOf(key.signsUntil)}` : ''}`,
    retired: `verifies until ${timeOf(verifiesUntil(key))}`,
    expired: `its tokens have expired`,
    revoked: `since ${timeOf(key.revokedAt)}`,
  }[state];
  return `${key.kid}  ${key.algorithm}  ${state}  ${since}${key.isImported ? '  imported' : ''}`;
}

/** Runs a change, and says in the words of the command why it is refused. @throws {CommandError} */
export async function explained<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof KeyRefusal) throw new CommandError(reasonOf(error));
    throw error;
  }
}

function reasonOf({ why, about }: KeyRefusal): string {
  switch (why) {
    case 'unknown':
      return about === 'current'
        ? 'no key in the database signs yet; start the server first'
        : `${about}: there is no such signing key; tokenjar keys list shows them`;
    case 'revoked':
      return `${about}: is revoked`;
    case 'in_use':
      return `${about}: is in the database already`;
    case 'pending':
      return `${about}: is about to sign already; tokenjar keys list shows when`;
    case 'from_secret_key':
      return `ALGORITHM=${about}: this key is made from SECRET_KEY; change that (docs/operations.md), or ALGORITHM`;
    case 'from_settings':
      return 'SIGNING_KEY: is set, and the server signs with it alone; import it (tokenjar keys import), then remove the setting';
    case 'other_algorithm':
      return `the server signs with ${about}, for which this is no key`;
  }
}
