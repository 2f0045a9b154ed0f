import type { Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Metrics } from '../measures.js';

/** How many emails have not been sent yet, and since when the oldest waits. */
const WAITING = statement<[], { count: number; since: Date | null }>(
  'outbox_waiting',
  `SELECT count(*)::int AS count, min(created_at) AS since FROM tokenjar.outbox WHERE failed_at IS NULL`,
);

/** Reports what waits in the outbox. A look costs one statement, beside the pool. */
export function watchOutbox(db: Pick<Queries, 'run'>, clock: Clock, metrics: Metrics): void {
  let reading: Promise<{ count: number; since: Date | null } | undefined> | undefined;
  const read = () =>
    (reading ??= db
      .run(WAITING, [])
      .then(([row]) => row)
      .finally(() => (reading = undefined)));
  metrics.watch('tokenjar_outbox_emails', async () => (await read())?.count);
  metrics.watch('tokenjar_outbox_age_seconds', async () => {
    const since = (await read())?.since;
    return since ? Math.max(0, (clock.now().getTime() - since.getTime()) / 1000) : 0;
  });
}
