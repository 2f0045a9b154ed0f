import type { Database } from '../database/database.js';
import { statement } from '../database/statement.js';

const BEGIN = statement('', 'BEGIN');
/** A long read at the source is no reason to give it up. */
const WITHOUT_LIMIT = statement('', 'SET LOCAL idle_in_transaction_session_timeout = 0');
const TAKE = statement<[], { isMine: boolean }>(
  '',
  `SELECT pg_try_advisory_xact_lock(hashtext('tokenjar.import')) AS "isMine"`,
);

/** Another import is running. */
export class ImportIsRunning extends Error {
  constructor() {
    super('Another import is running');
  }
}

/**
 * Runs an import while no other one runs.
 *
 * The lock is that of a transaction that stays open on a connection of its own: it goes with the process, and a pooler
 * keeps it apart. It has no snapshot, so nothing waits for it. The embedded database is opened by one process anyway.
 *
 * @param run is to call `demand` before each part of its work: without the connection it has to stop.
 * @throws {ImportIsRunning}
 */
export async function asOnlyImport<Result>(
  db: Database,
  run: (demand: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const connection = db.dedicatedConnection('tokenjar import', undefined, () => undefined);
  if (!connection) return run(() => Promise.resolve());
  const demand = async (): Promise<void> => {
    const [row] = await connection.run(TAKE, []);
    if (row?.isMine !== true) throw new ImportIsRunning();
  };
  try {
    await connection.run(BEGIN, []);
    await connection.run(WITHOUT_LIMIT, []);
    await demand();
    return await run(demand);
  } finally {
    await connection.close();
  }
}
