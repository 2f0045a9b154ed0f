import pg from 'pg';
import type { PostgresConfig } from './client-config.js';

/** Longer than PostgreSQL's own statement timeout, which ends statements that are only slow. **Unit** milliseconds. */
export const QUERY_TIMEOUT_MS = 20_000;
/** The time that each of several hosts has to respond. **Unit** milliseconds. */
const PROBE_TIMEOUT_MS = 1500;

/**
 * Session parameters sent separately and not among the `options`: PgBouncer tracks these, and restores them for each
 * client in transaction mode.
 */
const STARTUP = {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
};
/** A hot standby, or a read-only server: a full disk at a provider, a database that is being moved. */
const IS_READ_ONLY = `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS "isReadOnly"`;
/** `read_only_sql_transaction`. **Source** PostgreSQL documentation, appendix A. */
const READ_ONLY_STATE = '25006';

type Query = (...args: unknown[]) => unknown;
type Host = PostgresConfig['hosts'][number];

/**
 * A connection that is given up if the network drops its packets or if it accepts no writes, and that connects to the
 * first of several hosts that accepts writes.
 *
 * pg's own `query_timeout` fails the query and returns the dead connection to the pool, which uses it again. A session
 * that began while the database was read-only stays read-only: the default of a database or role is read at its start,
 * and after a failover the old primary may keep answering.
 */
export class TimedClient extends pg.Client {
  /** **Unit** milliseconds. Infinite for statements that may be slow, such as a migration. */
  timeout = QUERY_TIMEOUT_MS;

  override query = ((...args: unknown[]): unknown => {
    const answer = (pg.Client.prototype.query as Query).apply(this, args);
    if (!(answer instanceof Promise)) return answer;
    const timer = this.timeout === Infinity ? undefined : setTimeout(() => this.disconnect(), this.timeout);
    const stop = () => clearTimeout(timer);
    answer.then(stop, (error: unknown) => {
      stop();
      if (error instanceof pg.DatabaseError && this.isOver(error)) this.disconnect();
    });
    return answer;
  }) as pg.Client['query'];

  private readonly hosts: readonly Host[];

  constructor(private readonly config: Partial<PostgresConfig> & pg.ClientConfig = {}) {
    super(config);
    this.hosts = config.hosts ?? [];
  }

  override connect = ((callback?: (error?: Error) => void): Promise<void> | undefined => {
    const connecting = this.connectToPrimary();
    if (!callback) return connecting;
    connecting.then(() => callback(), callback);
  }) as pg.Client['connect'];

  /** Read by pg when it connects. */
  getStartupConf(): Record<string, string> {
    const { getStartupConf } = pg.Client.prototype as unknown as {
      getStartupConf: () => Record<string, string>;
    };
    return { ...getStartupConf.call(this), ...STARTUP };
  }

  private async connectToPrimary(): Promise<void> {
    if (this.hosts.length > 1) {
      Object.assign(this, await this.findPrimary());
      const { connection } = this as unknown as { connection: { stream: { destroyed: boolean } } };
      // The pool has timed out meanwhile.
      if (connection.stream.destroyed) throw new Error('timeout exceeded when trying to connect');
    }
    await super.connect();
  }

  /** pg supports one host, so each is probed on its own connection. **Source** PostgreSQL documentation §32.1.1.3. */
  private async findPrimary(): Promise<{ host: string; port: number }> {
    const problems: string[] = [];
    for (const { host, port } of this.hosts) {
      const probe = new pg.Client({ ...this.config, host, port, connectionTimeoutMillis: PROBE_TIMEOUT_MS });
      probe.on('error', () => undefined);
      try {
        await probe.connect();
        const { rows } = await probe.query<{ isReadOnly: boolean }>(IS_READ_ONLY);
        if (rows[0]?.isReadOnly === false) return { host: probe.host, port: probe.port };
        problems.push(`${probe.host} does not accept writes`);
      } catch (error) {
        problems.push(`${probe.host}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await probe.end().catch(() => undefined);
      }
    }
    throw new Error(`Connection terminated: ${problems.join('; ')}`);
  }

  private isOver({ severity, code }: pg.DatabaseError): boolean {
    // A migration reports the refusal itself, after its rollback.
    return severity === 'FATAL' || (code === READ_ONLY_STATE && this.timeout !== Infinity);
  }

  /** Fails all queries of the connection, and makes the pool discard it. */
  disconnect(): void {
    const { connection } = this as unknown as { connection: { stream: { destroy(): void } } };
    // pg notices a closed socket a moment later: until then the pool would lend it to whoever is next.
    Object.assign(this, { _queryable: false });
    connection.stream.destroy();
  }
}
