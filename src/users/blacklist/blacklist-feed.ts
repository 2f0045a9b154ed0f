import type { Queries } from '../../database/database.js';
import { statement } from '../../database/statement.js';
import type { EntryReason } from './blacklist-entry.entity.js';
import { packedEntry } from './session-id-table.js';

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

/** The state of the database, in the first row, with most entries of the page; the others are entries of users. */
interface StateRow {
  id: null;
  /** Those of single sessions, packed: as rows they would cost more than all that a storm leaves time for. */
  sessions: Uint8Array | null;
  count: number;
  last_id: number | null;
  last_written_by: number | null;
  snapshot: string;
  server: Date;
  standby: boolean;
  keys: string | null;
  roles: string;
  now: Date;
}

type FeedRow = StateRow | (BlacklistRow & { id: number });

/** Kept small: a page is one turn of the event loop. */
const PAGE = 5000;

/**
 * The beginning of a page, from the index of its order. IS TRUE keeps PostgreSQL from the index of the expiries. A LIMIT that
 * it does not know beforehand keeps it from sorting all that is new, where it takes that for less than a page.
 */
const firstOf = (condition: string, order: string) =>
  `SELECT id, written_by, ${BLACKLIST_COLUMNS} FROM tokenjar.blacklist
  WHERE (expires_at > $1) IS TRUE AND ${condition} ORDER BY ${order} LIMIT (SELECT ${PAGE})`;

const read = <Values extends unknown[]>(name: string, page: string, last: string) =>
  statement<[now: Date, ...Values], FeedRow>(
    name,
    `WITH entries AS MATERIALIZED (${page})
    SELECT * FROM (
      SELECT pg_current_snapshot()::text AS snapshot, pg_postmaster_start_time() AS server,
        pg_is_in_recovery() AS standby, clock_timestamp() AS now,
        (SELECT string_agg(concat_ws(' ', kid, signs_from, signs_until, revoked_at, token_lifetime), ',' ORDER BY kid)
          FROM tokenjar.signing_keys) AS keys,
        (SELECT concat(count(*), ' ', coalesce(max(epoch), 0)) FROM tokenjar.roles) AS roles,
        page.*, last.*
      FROM (
        SELECT count(*)::int, string_agg(${packedEntry('session_id', 'expires_at')}, '')
          FILTER (WHERE session_id IS NOT NULL) AS sessions FROM entries
      ) AS page LEFT JOIN (
        SELECT id AS last_id, written_by AS last_written_by FROM entries ORDER BY ${last} LIMIT 1
      ) AS last ON true
    ) AS state FULL JOIN (
      SELECT id, ${BLACKLIST_COLUMNS} FROM entries WHERE session_id IS NULL
    ) AS of_users ON false ORDER BY state.now`,
  );

const READ_ALL = read<[after: number]>('blacklist_read_all', firstOf('id > $2', 'id'), 'id DESC');

/**
 * What transactions have written that a snapshot saw in progress, and then what those have that it saw nothing of: all that a
 * read with this snapshot could not see, in the order of what wrote it. A page begins in the index where the one before has
 * ended, so that many pages cost no more than their entries; and not at the oldest transaction, which can be hours old.
 */
const newPage = (name: string) =>
  read<[inProgress: number[], afterEach: number[], writtenBy: number, after: number]>(
    name,
    `SELECT * FROM (
      SELECT late.* FROM unnest($2::bigint[], $3::bigint[]) AS in_progress (xid, after)
      CROSS JOIN LATERAL (${firstOf('written_by = in_progress.xid AND id > in_progress.after', 'id')}) AS late
      UNION ALL (${firstOf('(written_by, id) > ($4, $5)', 'written_by, id')})
    ) AS new ORDER BY written_by, id LIMIT ${PAGE}`,
    'written_by DESC, id DESC',
  );
const READ_NEW = newPage('blacklist_read_new');
/** Planned each time: a plan that was kept since the table was small would read the whole table for each page. */
const READ_MORE_NEW = newPage('');
/** Until autovacuum has seen to it that PostgreSQL plans anew. **Unit** milliseconds. */
const PLANNED_ANEW_MS = 180_000;

/** By how much a clock that was set back differs from one that is corrected all the time. **Unit** milliseconds. */
const SET_BACK_MS = 1000;

interface FeedListener {
  /** Called with the entries of a page that concern users, and with the packed ones of single sessions. */
  entries: (ofUsers: BlacklistRow[], ofSessions: Uint8Array) => void;
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
  /** The time of the last read, on the clock by which entries expire. **Unit** milliseconds. */
  private lastAt = -Infinity;
  /** When a page was full, on this machine's clock. **Unit** milliseconds. */
  private fullAt = -Infinity;

  constructor(
    private readonly queries: Pick<Queries, 'run'>,
    private readonly listener: FeedListener,
    private readonly clock: { now(): Date; machine(): number },
  ) {}

  /** Reads what is new. After a failure, the next call reads it again. */
  async read(): Promise<void> {
    const now = this.clock.now().getTime();
    // What it took for expired may be valid again, with the tokens that it refuses.
    if (now < this.lastAt - SET_BACK_MS) this.snapshot = undefined;
    this.lastAt = now;
    const isWhole = this.snapshot === undefined;
    const seen = await this.readFrom(this.snapshot);
    if (this.server !== undefined && seen.server !== this.server) {
      this.listener.lost?.();
      if (!isWhole) Object.assign(seen, await this.readFrom(undefined));
    }
    this.snapshot = seen.snapshot;
    this.server = seen.server;
  }

  /**
   * Reads pages until one is not full, or goes beyond what the first one could see: the next read begins at the snapshot
   * of the first page, and a read that went on with what is written meanwhile might never end.
   */
  private async readFrom(from: string | undefined): Promise<{ snapshot: string; server: number }> {
    let seen: { snapshot: string; server: number } | undefined;
    const known = from === undefined ? undefined : parseSnapshot(from);
    let after = { id: 0, writtenBy: 0 };
    for (;;) {
      const askedAt = this.clock.machine();
      const now = this.clock.now();
      const readNew = askedAt - this.fullAt < PLANNED_ANEW_MS ? READ_MORE_NEW : READ_NEW;
      const rows = await (known
        ? this.queries.run(readNew, [now, ...placesAfter(after, known)])
        : this.queries.run(READ_ALL, [now, after.id]));
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
      this.listener.entries(rows.filter(isEntry), first.sessions ?? NOTHING);
      const { count, last_id: id, last_written_by: writtenBy } = first;
      if (count < PAGE || id === null || writtenBy === null) return seen;
      this.fullAt = askedAt;
      after = { id, writtenBy };
      if (known && writtenBy >= parseSnapshot(seen.snapshot).next) return seen;
    }
  }
}

/** The place of an entry in the order in which they are read. */
interface Place {
  id: number;
  writtenBy: number;
}

/** The first transaction that had not begun, and those before it that were in progress. */
interface Snapshot {
  next: number;
  inProgress: number[];
}

/** **Shape** as PostgreSQL writes snapshots, `xmin:xmax:xid,xid…`. */
function parseSnapshot(snapshot: string): Snapshot {
  const [, next, inProgress = ''] = snapshot.split(':');
  return { next: safe(next), inProgress: inProgress.split(',').filter(Boolean).map(safe) };
}

/** Where to go on after a place: for each transaction that was in progress, and for those that had not begun. */
function placesAfter({ id, writtenBy }: Place, { next, inProgress }: Snapshot) {
  const left = inProgress.filter((xid) => xid >= writtenBy);
  const afterEach = left.map((xid) => (xid === writtenBy ? id : 0));
  const isPastThose = writtenBy >= next;
  return [left, afterEach, isPastThose ? writtenBy : next, isPastThose ? id : 0] as const;
}

/** 2^53 transactions are 285 years at a million per second. */
function safe(text: string | undefined): number {
  const xid = text ? Number(text) : NaN;
  if (!Number.isSafeInteger(xid)) throw new TypeError('not a snapshot of PostgreSQL');
  return xid;
}

const NOTHING = new Uint8Array();

const isEntry = (row: FeedRow): row is Exclude<FeedRow, StateRow> => row.id !== null;
