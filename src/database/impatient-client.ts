import pg from 'pg';

/** Longer than PostgreSQL itself lets a statement run, so that it ends what is only slow. **Unit** milliseconds. */
export const PATIENCE_MS = 20_000;

type Query = (...args: unknown[]) => unknown;

/**
 * A connection that is given up when the network swallows what it says.
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

  /** Fails every query of the connection, and makes the pool forget it. */
  private hangUp(): void {
    const { connection } = this as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}
