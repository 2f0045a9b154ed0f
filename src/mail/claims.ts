import type { Database } from '../database/database.js';
import type { SideConnection } from '../database/side-connection.js';
import type { Statement } from '../database/statement.js';
import * as sql from './outbox-statements.js';

export type Run = (statement: Statement, values: unknown[]) => Promise<unknown>;

/** Letters in the hands of this instance. */
export interface Claims {
  /**
   * Takes letters that are due, up to `most`, and lets `work` settle them with the statements it runs.
   *
   * @returns how many there were.
   */
  take(now: Date, most: number, work: (rows: sql.WaitingRow[], run: Run) => Promise<void>): Promise<number>;
  close(): Promise<void>;
}

export function claimsOn(db: Database): Claims {
  const beside = db.besidePool('tokenjar mail', undefined, () => undefined);
  return beside ? new LockedClaims(beside) : new SoleClaims(db);
}

/**
 * Holds letters by the locks of their rows, in a transaction that is open while they are sent: with the connection the
 * locks are gone, so what a killed instance had in hand another takes up at once.
 *
 * The connection is one beside the pool, so that a mail server that hangs takes nothing from requests.
 */
class LockedClaims implements Claims {
  constructor(private readonly connection: SideConnection) {}

  async take(
    now: Date,
    most: number,
    work: (rows: sql.WaitingRow[], run: Run) => Promise<void>,
  ): Promise<number> {
    const run: Run = ({ text }, values) => this.connection.run({ name: '', text }, values);
    await run({ name: '', text: 'BEGIN ISOLATION LEVEL READ COMMITTED' }, []);
    try {
      const rows = (await run(sql.CLAIM, [now, most])) as sql.WaitingRow[];
      if (rows.length > 0) await work(rows, run);
      await run({ name: '', text: 'COMMIT' }, []);
      return rows.length;
    } catch (error) {
      // Where the connection broke there is nothing to roll back, and the next one begins anew.
      await run({ name: '', text: 'ROLLBACK' }, []).catch(() => undefined);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

/** The embedded database serves one process, and its one connection must stay free while letters are sent. */
class SoleClaims implements Claims {
  constructor(private readonly db: Database) {}

  async take(
    now: Date,
    most: number,
    work: (rows: sql.WaitingRow[], run: Run) => Promise<void>,
  ): Promise<number> {
    const rows = await this.db.run<sql.WaitingRow>(sql.DUE, [now, most]);
    if (rows.length > 0) await work(rows, (statement, values) => this.db.run(statement, values));
    return rows.length;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
