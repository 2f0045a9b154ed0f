/** Rows of one transaction: their locks are held for some milliseconds. */
const BATCH = 2000;

const IS_COMPLETE = `SELECT coalesce((
    SELECT attnotnull FROM pg_attribute WHERE attrelid = to_regclass('tokenjar.users') AND attname = 'public_id'
  ), false) AS "isComplete"`;

const fill = (most: number, locked: 'SKIP LOCKED' | ''): string => `WITH batch AS MATERIALIZED (
    SELECT id FROM tokenjar.users WHERE id > $1 AND public_id IS NULL ORDER BY id LIMIT ${most}
    FOR NO KEY UPDATE ${locked}
  ), filled AS (
    UPDATE tokenjar.users u SET public_id = gen_random_uuid() FROM batch WHERE u.id = batch.id RETURNING u.id
  )
  SELECT max(id)::text AS last FROM filled`;
const FILL = fill(BATCH, 'SKIP LOCKED');
/** One at a time, for those that were locked: whoever waits holds no lock that another one could wait for. */
const FILL_ONE = fill(1, '');

/** The check is found to hold under a lock that stops nobody, and then spares SET NOT NULL the same look. */
const CHECK = 'users_public_id_complete';
const DEMAND = [
  `DO $$ BEGIN
    ALTER TABLE tokenjar.users ADD CONSTRAINT ${CHECK} CHECK (public_id IS NOT NULL) NOT VALID;
  EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
  `ALTER TABLE tokenjar.users VALIDATE CONSTRAINT ${CHECK}`,
  `ALTER TABLE tokenjar.users ALTER COLUMN public_id SET NOT NULL`,
  `ALTER TABLE tokenjar.users DROP CONSTRAINT IF EXISTS ${CHECK}`,
];

/** Runs a statement in a transaction of its own. */
export type RunAlone = (text: string, values?: unknown[]) => Promise<unknown>;

/** Whether each user has a public ID. */
export async function hasPublicIds(run: RunAlone): Promise<boolean> {
  const [found] = (await run(IS_COMPLETE)) as { isComplete: boolean }[];
  return found?.isComplete === true;
}

/**
 * Gives a public ID to the users of before there were any, while other instances serve.
 *
 * A default in `ADD COLUMN` would rewrite the table under a lock that stops everything. Here each batch is a transaction
 * that locks its own rows, so it can be interrupted, resumed, and run by several instances at once.
 */
export async function completePublicIds(run: RunAlone): Promise<void> {
  if (await hasPublicIds(run)) return;
  for (const text of [FILL, FILL_ONE]) {
    let after: string | null | undefined = '0';
    while (after != null) [{ last: after }] = (await run(text, [after])) as [{ last: string | null }];
  }
  try {
    for (const step of DEMAND) await run(step);
  } catch (error) {
    // Of two instances, the faster one has dropped the check that the other one looks for.
    if (!(await hasPublicIds(run))) throw error;
  }
}
