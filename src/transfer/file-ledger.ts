import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { ImportedRow, Ledger } from './ledger.js';
import type { Given, Noted } from './seen.js';

const ROWS = `SELECT i.source_key AS key, u.id AS "userId", i.seen, i.password_digest AS "passwordDigest",
      u.credentials_epoch = i.credentials_epoch AS "isUnchanged", u.email, u.username,
      u.email_verified AS "emailVerified", u.is_active AS "isActive", u.roles, u.factors_epoch AS "factorsEpoch"
    FROM tokenjar.imported_users i LEFT JOIN tokenjar.users u ON u.id = i.user_id`;

const FIND = statement<[system: string, keys: readonly string[]], ImportedRow>(
  'imported_users_find',
  `${ROWS} WHERE i.system = $1 AND i.source_key = ANY ($2::text[])`,
);
const FIND_USER = statement<[system: string, userId: number], ImportedRow>(
  'imported_user_find',
  `${ROWS} WHERE i.system = $1 AND i.user_id = $2`,
);

const NOTE_GIVEN = statement<[system: string, userId: number, given: string, wasUnchanged: boolean]>(
  'imported_user_note_given',
  `UPDATE tokenjar.imported_users i SET seen = i.seen || jsonb_build_object('given', $3::jsonb),
      credentials_epoch = CASE WHEN $4 THEN u.credentials_epoch ELSE i.credentials_epoch END
    FROM tokenjar.users u WHERE i.system = $1 AND i.user_id = $2 AND u.id = i.user_id`,
);

const NOTE = statement<[system: string, rows: string, now: Date]>(
  'imported_users_note',
  `INSERT INTO tokenjar.imported_users
      (system, source_key, user_id, seen, password_digest, credentials_epoch, imported_at)
    SELECT $1, r.source_key, u.id, jsonb_build_object('factorsEpoch', u.factors_epoch) || r.seen,
      decode(r.password_digest, 'hex'), u.credentials_epoch, $3
    FROM jsonb_to_recordset($2::jsonb) AS r (source_key text, user_id bigint, seen jsonb, password_digest text)
    JOIN tokenjar.users u ON u.id = r.user_id
    ON CONFLICT (system, source_key) DO UPDATE SET seen = excluded.seen, password_digest = excluded.password_digest,
      credentials_epoch = excluded.credentials_epoch, imported_at = $3`,
);

const NOTE_SEEN = statement<[system: string, key: string, seen: string, passwordDigest: Buffer]>(
  'imported_user_note_seen',
  `UPDATE tokenjar.imported_users i
    SET seen = jsonb_build_object('factorsEpoch', u.factors_epoch) || $3::jsonb, password_digest = $4
    FROM tokenjar.users u WHERE i.system = $1 AND i.source_key = $2 AND u.id = i.user_id`,
);

/** What is kept of an account, or of what was added to one. */
interface NotedValues {
  key: string;
  userId: number;
  seen: object;
  passwordDigest: Buffer;
}

/** Accounts that came from files of a system, or what was added to them. */
export class FileLedger implements Ledger {
  constructor(private readonly system: string) {}

  find(queries: Queries, keys: readonly string[]): Promise<ImportedRow[]> {
    return queries.run(FIND, [this.system, keys]);
  }

  async note(noted: readonly Noted[], now: Date, tx: Queries): Promise<void> {
    await this.noteValues(
      noted.map(({ account, ...each }) => ({ key: account.key, ...each })),
      now,
      tx,
    );
  }

  async noteValues(values: readonly NotedValues[], now: Date, tx: Queries): Promise<void> {
    const rows = values.map(({ key, userId, seen, passwordDigest }) => ({
      source_key: key,
      user_id: userId,
      seen,
      password_digest: passwordDigest.toString('hex'),
    }));
    await tx.run(NOTE, [this.system, JSON.stringify(rows), now]);
  }

  findUser(tx: Queries, userId: number): Promise<ImportedRow[]> {
    return tx.run(FIND_USER, [this.system, userId]);
  }

  async noteGiven(userId: number, given: Given, wasUnchanged: boolean, tx: Queries): Promise<void> {
    await tx.run(NOTE_GIVEN, [this.system, userId, JSON.stringify(given), wasUnchanged]);
  }

  async noteSeen({ account, seen, passwordDigest }: Noted, tx: Queries): Promise<void> {
    await tx.run(NOTE_SEEN, [this.system, account.key, JSON.stringify(seen), passwordDigest]);
  }
}
