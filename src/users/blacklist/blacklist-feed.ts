import type { Queries } from '../../database/database.js';
import { statement } from '../../database/statement.js';
import type { EntryReason } from './blacklist-entry.entity.js';

// SQL, because the feed compares transactions with PostgreSQL's snapshots.

/** A row of the blacklist, as returned by every statement that writes one. */
export interface BlacklistRow {
  session_id: string | null;
  user_id: number | null;
  began_until: Date | null;
  except_session_id: string | null;
  claims_epoch: number | null;
  reason: EntryReason;
  expires_at: Date;
}

/** The columns after RETURNING. */
export const BLACKLIST_COLUMNS =
  'session_id, user_id, began_until, except_session_id, claims_epoch, reason, expires_at';

/** The state of the database, in the first row; the others are entries. */
interface StateRow {
  id: null;
  snapshot: string;
  server: Date;
  standby: boolean;
  keys: string | null;
  roles: string;
  now: Date;
}

type FeedRow = StateRow | (BlacklistRow & { id: number });

/** Kept small: the rows of a page are garbage that outlives many requests. */
const PAGE = 5000;

const read = <More extends unknown[] = []>(name: string, entries: string) =>
  statement<[now: Date, after: number, ...more: More], FeedRow>(
    name,
    `WITH entries AS MATERIALIZED (
      SELECT id, ${BLACKLIST_COLUMNS} FROM ${entries}
      WHERE expires_at > $1 AND id > $2 ORDER BY id LIMIT ${PAGE}
    )
    SELECT * FROM (
      SELECT pg_current_snapshot()::text AS snapshot, pg_postmaster_start_time() AS server,
        pg_is_in_recovery() AS standby, clock_timestamp() AS now,
        (SELECT string_agg(concat_ws(' ', kid, signs_from, signs_until, revoked_at, token_lifetime), ',' ORDER BY kid)
          FROM tokenjar.signing_keys) AS keys,
        (SELECT concat(count(*), ' ', coalesce(max(epoch), 0)) FROM tokenjar.roles) AS roles
    ) AS state FULL JOIN entries ON false ORDER BY entries.id NULLS FIRST`,
  );

const READ_ALL = read('blacklist_read_all', 'tokenjar.blacklist');

/**
 * Everything that an earlier read with the given snapshot could not see. One scan, whatever PostgreSQL believes of the
 * table: after many entries have expired it may take it for nearly empty.
 */
const READ_NEW = read<[snapshot: string]>(
  'blacklist_read_new',
  `(SELECT * FROM tokenjar.blacklist
     WHERE written_by >= pg_snapshot_xmin($3::pg_snapshot)::text::bigint
       AND NOT pg_visible_in_snapshot(written_by::text::xid8, $3::pg_snapshot) OFFSET 0
   ) AS written_since`,
);

interface FeedListener {
  entries: (rows: BlacklistRow[]) => void;
  /** Called with the database's time, and {@link machine} before and after the read. */
  time: (said: Date, askedAt: number, heardAt: number) => void;
  /** Called with the times of the signing keys, which are read along with the rest and need no statement of their own. */
  keys?: (state: string, queries: Pick<Queries, 'run'>) => void | Promise<void>;
  /** Called with the number of roles and their latest epoch, which change with every role. */
  roles?: (state: string, queries: Pick<Queries, 'run'>) => void | Promise<void>;
  /** Called before everything is read again, because the database may have lost commits. */
  lost?: () => void;
}

/**
 * Reads the blacklist, first all of it, then what is new, without ever missing an entry.
 *
 * A sequence number or a timestamp would not be enough: both are assigned before the transaction commits, so a late
 * commit could be behind a mark that has passed it. PostgreSQL's snapshot says exactly which transactions a read could
 * see. If the server has changed (a restart, or a failover that may have lost commits and reuses their IDs), everything
 * is read again.
 *
 * **Source** PostgreSQL documentation §9.28.8, transaction ID and snapshot information functions.
 */
export class BlacklistFeed {
  private snapshot: string | undefined;
  private server: number | undefined;

  constructor(
    private readonly queries: Pick<Queries, 'run'>,
    private readonly listener: FeedListener,
    private readonly clock: { now(): Date; machine(): number },
  ) {}

  /** Reads what is new. After a failure, the next call reads it again. */
  async read(): Promise<void> {
    const isWhole = this.snapshot === undefined;
    const seen = await this.readFrom(this.snapshot);
    if (!isWhole && seen.server !== this.server) {
      this.listener.lost?.();
      Object.assign(seen, await this.readFrom(undefined));
    }
    this.snapshot = seen.snapshot;
    this.server = seen.server;
  }

  /**
   * Reads pages until one is not full. Later commits are left to the next read, because the snapshot of the first page
   * counts.
   */
  private async readFrom(from: string | undefined): Promise<{ snapshot: string; server: number }> {
    let seen: { snapshot: string; server: number } | undefined;
    let after = 0;
    for (;;) {
      const askedAt = this.clock.machine();
      const now = this.clock.now();
      const rows = await (from === undefined
        ? this.queries.run(READ_ALL, [now, after])
        : this.queries.run(READ_NEW, [now, after, from]));
      const [first] = rows;
      if (!first || isEntry(first)) throw new TypeError('a reading of the blacklist begins with its state');
      // A standby may lag by any amount, so revocations would be missing.
      if (first.standby) throw new Error('the database is a standby: the blacklist is read from the primary');
      if (!seen) {
        this.listener.time(first.now, askedAt, this.clock.machine());
        await this.listener.keys?.(first.keys ?? '', this.queries);
        await this.listener.roles?.(first.roles, this.queries);
      }
      seen ??= { snapshot: first.snapshot, server: first.server.getTime() };
      const entries = rows.filter(isEntry);
      this.listener.entries(entries);
      if (entries.length < PAGE) return seen;
      after = entries.at(-1)?.id ?? after;
    }
  }
}

const isEntry = (row: FeedRow): row is Exclude<FeedRow, StateRow> => row.id !== null;
