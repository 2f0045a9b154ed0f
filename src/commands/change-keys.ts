import { Module } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { readKeyEnvironment } from '../config/env.js';
import { SettingsError } from '../config/check.js';
import { Database } from '../database/database.js';
import { KeyChanges } from '../keys/key-changes.js';
import { readImportedKey, readOwnKey } from '../keys/key-material.js';
import { KeySecrets } from '../keys/key-secrets.js';
import { currentOf, pendingOf, PUBLISHED_FOR } from '../keys/key-states.js';
import { type KnownKey, KeyStore, readTimes } from '../keys/key-store.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { explained, jsonOfKey } from './key-records.js';
import { operatorAs } from './operator.js';
import { secretKeys } from './secret-keys.js';

/** Keys are sealed with the secret of the server. */
@Module({
  providers: [
    Audit,
    {
      provide: KeyStore,
      inject: [Database, Audit],
      useFactory: async (db: Database, audit: Audit) =>
        new KeyStore(db, new KeySecrets(await secretKeys(), readKeyEnvironment().tokenFormat), audit),
    },
    {
      provide: KeyChanges,
      inject: [KeyStore, Clock],
      useFactory: (store: KeyStore, clock: Clock) => new KeyChanges(store, clock),
    },
  ],
})
class KeyChangesModule {}

/** Lets the next key sign. */
export const rotateKeys = (isJson: boolean, as?: string): Promise<string> => {
  if (readKeyEnvironment().signingKey !== undefined)
    throw new CommandError(
      'SIGNING_KEY: is set, and the server signs with it alone; import it (tokenjar keys import), then remove the setting',
    );
  return inApplication([KeyChangesModule], async (application) => {
    const keys = await explained(() => application.get(KeyChanges).rotate(operatorAs(as)));
    const now = application.get(Clock).now();
    const next = pendingOf(keys, now) ?? currentOf(keys, now);
    return isJson
      ? JSON.stringify({ keys: keys.map((key) => jsonOfKey(key, now)) })
      : `${next?.kid} signs from ${next?.signsFrom?.toISOString()}. The former key verifies until its tokens have expired.`;
  });
};

/** Refuses everything that a key signed. */
export const revokeKey = (kid: string, isJson: boolean, as?: string): Promise<string> =>
  inApplication([KeyChangesModule], async (application) => {
    const keys = await explained(() => application.get(KeyChanges).revoke(kid, operatorAs(as)));
    const now = application.get(Clock).now();
    if (isJson) return JSON.stringify({ keys: keys.map((key) => jsonOfKey(key, now)) });
    return [`${kid} is revoked, and its tokens are refused.`, successorIn(keys, now)]
      .filter(Boolean)
      .join(' ');
  });

/** Services that keep the keys may not know a key yet that had to sign at once. */
function successorIn(keys: readonly KnownKey[], now: Date): string | undefined {
  const current = currentOf(keys, now);
  if (!current?.signsFrom) return undefined;
  const age = (current.signsFrom.getTime() - current.createdAt.getTime()) / 1000;
  const warning =
    age < PUBLISHED_FOR
      ? ` It was published ${Math.round(age)} s before: other services may refuse its tokens until they read the keys again.`
      : '';
  return `${current.kid} signs.${warning}`;
}

/** Publishes a key of the operator, which signs next. */
export const importKey = (file: string, isJson: boolean, as?: string): Promise<string> =>
  inApplication([KeyChangesModule], async (application) => {
    const now = application.get(Clock).now();
    const settings = readKeyEnvironment();
    const known = await readTimes(application.get(Database, { strict: false }));
    const signer = pendingOf(known, now) ?? currentOf(known, now);
    // With SIGNING_KEY, that is the key in force, whatever the database has.
    const own = readOwnKey(settings);
    const algorithm = own?.algorithm ?? signer?.algorithm ?? settings.algorithm;
    const key = readFile(() => readImportedKey(file, algorithm));
    const keys = await explained(() => application.get(KeyChanges).import(key, own?.kid, operatorAs(as)));
    if (isJson) return JSON.stringify({ keys: keys.map((each) => jsonOfKey(each, now)) });
    const later = application.get(Clock).now();
    const signs = currentOf(keys, later)?.kid === key.kid;
    return signs
      ? `${key.kid} is imported and signs.`
      : `${key.kid} is imported and published. tokenjar keys rotate lets it sign, ${PUBLISHED_FOR / 60} minutes from now at the earliest.`;
  });

function readFile<Key>(read: () => Key): Key {
  try {
    return read();
  } catch (error) {
    if (error instanceof SettingsError) throw new CommandError(error.problems.join('\n'));
    throw error;
  }
}
