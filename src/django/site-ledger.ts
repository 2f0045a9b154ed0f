import { markOf } from '../crypto/mark.js';
import type { Queries } from '../database/database.js';
import type { ImportedRow, Ledger } from '../transfer/ledger.js';
import { type Given, type ImportKeys, type Noted, textOf } from '../transfer/seen.js';
import * as sql from './import-statements.js';
import { revokeClaimOf } from './password-marks.js';

/** The users of a Django site that have come. Its tokens name them. */
export class SiteLedger implements Ledger {
  constructor(private readonly keys: Pick<ImportKeys, 'marks'>) {}

  find(queries: Queries, keys: readonly string[]): Promise<ImportedRow[]> {
    return queries.run(sql.FIND_IMPORTED, [keys]);
  }

  async note(noted: readonly Noted[], now: Date, tx: Queries): Promise<void> {
    const rows = noted.map(({ account, userId, seen, passwordDigest }) => ({
      site_key: account.key,
      user_id: userId,
      seen,
      password_digest: passwordDigest.toString('hex'),
      password_mark: markOf(this.keys.marks, revokeClaimOf(textOf(account))).toString('hex'),
    }));
    await tx.run(sql.NOTE_USERS, [JSON.stringify(rows), now]);
  }

  findUser(tx: Queries, userId: number): Promise<ImportedRow[]> {
    return tx.run(sql.FIND_IMPORTED_USER, [userId]);
  }

  async noteGiven(userId: number, given: Given, wasUnchanged: boolean, tx: Queries): Promise<void> {
    await tx.run(sql.NOTE_GIVEN, [userId, JSON.stringify(given), wasUnchanged]);
  }

  async noteSeen({ account, seen, passwordDigest }: Noted, tx: Queries): Promise<void> {
    await tx.run(sql.NOTE_SEEN, [account.key, JSON.stringify(seen), passwordDigest]);
  }
}
