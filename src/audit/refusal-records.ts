import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { isUnavailable } from '../database/unavailable.js';
import { type RefusedRequest, RefusedRequests } from '../http/refused-requests.js';

/** How often refusals are recorded; a killed process loses what it has counted since. **Unit** milliseconds. */
const INTERVAL_MS = 60_000;

/** The account is resolved here and not during the refusal, whose response time would reveal it. One row per index. */
const RECORD = statement<
  [
    at: Date[],
    events: RefusedRequest['event'][],
    reasons: (string | null)[],
    accounts: (string | null)[],
    ips: (string | null)[],
    counts: number[],
  ]
>(
  'audit_record_refusals',
  `INSERT INTO tokenjar.audit_events (at, event, outcome, reason, user_id, ip, count)
    SELECT at, event, 'failure', reason,
      CASE WHEN account ~ '^[0-9]{1,18}$' THEN account::bigint
        WHEN account ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
          THEN (SELECT s.user_id FROM tokenjar.sessions s WHERE s.id = account::uuid)
        ELSE (SELECT id FROM tokenjar.users WHERE email = account) END, ip, count
    FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::inet[], $6::int[])
      AS refused (at, event, reason, account, ip, count)`,
);

/** Records refused requests, one row per minute for each event, network and account. **Source** ASVS 5.0 16.3.2, 16.3.3. */
@Injectable()
export class RefusalRecords implements OnApplicationBootstrap {
  private readonly logger = new Logger('Tokenjar');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Database,
    private readonly refused: RefusedRequests,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), INTERVAL_MS).unref();
  }

  /** Nest calls this while the database is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /** Writes the counts so far, in one statement. */
  async flush(): Promise<void> {
    const rows = this.refused.take();
    if (rows.length === 0) return;
    try {
      await this.db.run(RECORD, [
        rows.map(({ at }) => at),
        rows.map(({ event }) => event),
        rows.map(({ reason }) => reason),
        rows.map(({ account }) => account),
        rows.map(({ ip }) => ip),
        rows.map(({ count }) => count),
      ]);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.logger.warn(`${rows.length} kinds of refused requests could not be recorded: ${String(error)}`);
    }
  }
}
