import type { QueryConfig } from 'pg';
import { preparesStatements } from '../config/database-url.js';
import { poolOf, runOnPool } from './pool.js';
import type { Statement } from './statement.js';
import { SideConnection } from './side-connection.js';
import { traced } from '../tracing.js';
import { isUnavailable } from './unavailable.js';
import type { DataSource, EntityManager, EntityTarget, ObjectLiteral, Repository } from 'typeorm';

/** Queries of a slice, inside or outside a transaction. */
export interface Queries {
  /** Runs a statement and returns its rows. */
  run<Values extends unknown[], Row>(
    statement: Statement<Values, Row>,
    values: NoInfer<Values>,
  ): Promise<Row[]>;
  /** The repository of an entity, for queries that are not on a hot path. */
  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity>;
  /**
   * Runs a callback once the changes are committed: after the commit, or immediately outside a transaction.
   *
   * @param otherwise called if the database became unavailable and the outcome of the commit is unknown.
   */
  afterCommit(act: () => void, otherwise?: () => void): void;
}

/** Runs all SQL: statements, transactions, repositories. */
export class Database implements Queries {
  /** Whether statements keep their names. Connections to the embedded database share one session, where names would collide. */
  private readonly prepares: boolean;
  private closing: Promise<void> | undefined;
  private failure: { error: unknown } | undefined;

  /** @param url of PostgreSQL; undefined for the embedded database. */
  constructor(
    readonly dataSource: DataSource,
    private readonly url: string | undefined,
  ) {
    this.prepares = url !== undefined && preparesStatements(url);
  }

  /** Closes all connections and stops the embedded database. Nest's TypeORM module does so when an app is closed. */
  async close(): Promise<void> {
    this.closing ??= this.dataSource.isInitialized ? this.dataSource.destroy() : Promise.resolve();
    await this.closing;
  }

  /**
   * Makes a part of the app. Where that fails the database is closed: an app that fails while it is put together never
   * is, and the database would stay in use.
   *
   * Nest makes several parts at once. Those that fail because the database was closed fail with what closed it, which
   * is what the operator has to know.
   */
  async orClose<Part>(make: () => Part | Promise<Part>): Promise<Part> {
    try {
      return await make();
    } catch (error) {
      this.failure ??= { error };
      await this.close();
      throw this.failure.error;
    }
  }

  /**
   * Creates a connection outside the pool, opened when it is first used; undefined for the embedded database, which
   * supports one process.
   */
  dedicatedConnection(
    applicationName: string,
    channel: string | undefined,
    onNotification: () => void,
  ): SideConnection | undefined {
    return this.url === undefined
      ? undefined
      : new SideConnection(this.url, applicationName, channel, onNotification);
  }

  run<Values extends unknown[], Row>(
    statement: Statement<Values, Row>,
    values: NoInfer<Values>,
  ): Promise<Row[]> {
    return traced(statement.name, STATEMENT, () =>
      runOnPool(poolOf(this.dataSource), queryOf(statement, values, this.prepares)),
    ) as Promise<Row[]>;
  }

  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity> {
    return this.dataSource.getRepository(entity);
  }

  afterCommit(act: () => void): void {
    act();
  }

  /** Runs `work` in one transaction; inside, only `tx` is used: the embedded database has one connection. */
  async transaction<Result>(work: (tx: Queries) => Promise<Result>): Promise<Result> {
    const acts: AfterCommit[] = [];
    try {
      const result = await this.dataSource.transaction((manager) =>
        work(queriesOf(manager, this.prepares, (act, otherwise) => acts.push({ act, otherwise }))),
      );
      for (const { act } of acts) act();
      return result;
    } catch (error) {
      // A commit whose response was lost may have succeeded.
      if (isUnavailable(error)) for (const { otherwise } of acts) otherwise?.();
      throw error;
    }
  }
}

/** Of the span of a statement, which has its name. Its values are secrets and addresses. */
const STATEMENT = { 'db.system.name': 'postgresql' };

interface AfterCommit {
  act: () => void;
  otherwise: (() => void) | undefined;
}

function queriesOf(manager: EntityManager, prepares: boolean, afterCommit: Queries['afterCommit']): Queries {
  return {
    async run<Values extends unknown[], Row>(
      statement: Statement<Values, Row>,
      values: NoInfer<Values>,
    ): Promise<Row[]> {
      // TypeORM hands an object through to pg, which then prepares the statement; its types know only texts.
      const query = queryOf(statement, values, prepares) as unknown as string;
      const result: unknown = await traced(statement.name, STATEMENT, () => manager.query(query));
      // An UPDATE or DELETE comes back as [rows, count], anything else as rows.
      const [first, count] = result as [unknown, unknown];
      return (Array.isArray(first) && typeof count === 'number' ? first : result) as Row[];
    },
    repository: (entity) => manager.getRepository(entity),
    afterCommit,
  };
}

function queryOf(
  { name, text }: Pick<Statement<[], unknown>, 'name' | 'text'>,
  given: unknown[],
  prepares: boolean,
): QueryConfig {
  const values = given.map((value) => (value instanceof Date ? momentOf(value) : value));
  return prepares ? { name, text, values } : { text, values };
}

/** pg formats a date in local time, part by part, which takes ten times as long. It supports years above 9999. */
function momentOf(date: Date): string | Date {
  const utc = date.toISOString();
  return utc.length === '2026-01-01T00:00:00.000Z'.length ? utc : date;
}
