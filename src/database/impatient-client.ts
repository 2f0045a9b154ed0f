import pg from 'pg';
import type { PostgresConfig } from './client-config.js';

/** Longer than PostgreSQL itself lets a statement run, so that it ends what is only slow. **Unit** milliseconds. */
export const PATIENCE_MS = 20_000;
/** Of several hosts each has this long to answer. **Unit** milliseconds. */
const PROBE_PATIENCE_MS = 1500;

/**
 * What a session starts with, as parameters of its own and not among the `options`: these PgBouncer knows, and gives to
 * each client again in transaction mode.
 */
const STARTUP = {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
};
/** In hot standby, or told to write nothing: a full disk at a provider, a database that is being moved. */
export const IS_READ_ONLY = `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS "isReadOnly"`;

type Query = (...args: unknown[]) => unknown;
type Host = PostgresConfig['hosts'][number];

/**
 * A connection that is given up when the network swallows what it says, and that, of several hosts, goes to the first
 * that takes writes.
 *
 * pg's own `query_timeout` fails the query and hands the dead connection back to the pool, which gives it out again.
 */
export class ImpatientClient extends pg.Client {
  /** **Unit** milliseconds. Infinite for what may take its time, such as a migration. */
  patience = PATIENCE_MS;

  override query = ((...args: unknown[]): unknown => {
    const answer = (pg.Client.prototype.query as Query).apply(this, args);
    if (!(answer instanceof Promise) || this.patience === Infinity) return answer;
    const timer = setTimeout(() => this.hangUp(), this.patience);
    const stop = () => clearTimeout(timer);
    answer.then(stop, stop);
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

  /** Read by pg as it connects. */
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
      // The pool has lost its patience meanwhile.
      if (connection.stream.destroyed) throw new Error('timeout exceeded when trying to connect');
    }
    await super.connect();
  }

  /** pg knows one host. So each is asked, on a connection of its own. **Source** PostgreSQL documentation §32.1.1.3. */
  private async findPrimary(): Promise<{ host: string; port: number }> {
    const problems: string[] = [];
    for (const { host, port } of this.hosts) {
      const probe = new pg.Client({ ...this.config, host, port, connectionTimeoutMillis: PROBE_PATIENCE_MS });
      probe.on('error', () => undefined);
      try {
        await probe.connect();
        const { rows } = await probe.query<{ isReadOnly: boolean }>(IS_READ_ONLY);
        if (rows[0]?.isReadOnly === false) return { host: probe.host, port: probe.port };
        problems.push(`${probe.host} takes no writes`);
      } catch (error) {
        problems.push(`${probe.host}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await probe.end().catch(() => undefined);
      }
    }
    throw new Error(`Connection terminated: ${problems.join('; ')}`);
  }

  /** Fails every query of the connection, and makes the pool forget it. */
  private hangUp(): void {
    const { connection } = this as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}
