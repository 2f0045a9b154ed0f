import { setTimeout as wait } from 'node:timers/promises';
import type { QueryConfig } from 'pg';
import { preparesStatements } from '../config/database-url.js';
import { connectionBeside } from './data-source.js';
import { type Statement, statement } from './statement.js';
import { TimedClient } from './timed-client.js';

/** The queries of a feed are small; a response that takes longer is lost. **Unit** milliseconds. */
const FEED_TIMEOUT_MS = 2000;

/**
 * A connection outside the pool that can receive notifications. It is opened when it is first used, and reopened after it
 * broke.
 */
export class SideConnection {
  private client: Promise<TimedClient> | undefined;
  /** Settles when the statements so far have ended. */
  private turn: Promise<unknown> = Promise.resolve();
  private isClosed = false;
  private readonly prepares: boolean;

  /**
   * @param url of PostgreSQL.
   * @param channel to listen on; undefined for none.
   * @param onNotification called for notifications of other instances, only while {@link receivesNotifications}.
   */
  constructor(
    private readonly url: string,
    private readonly applicationName: string,
    private readonly channel: string | undefined,
    private readonly onNotification: () => void,
  ) {
    this.prepares = preparesStatements(url);
  }

  /** Whether notifications arrive. A pooler between us and the server swallows them. */
  receivesNotifications: boolean | undefined;

  /** Runs a statement after those before it, and returns its rows. After a failure, the next one reconnects. */
  run<Values extends unknown[], Row>(
    statement: Statement<Values, Row>,
    values: NoInfer<Values>,
  ): Promise<Row[]> {
    // pg's own queue is deprecated, and the time limit of a statement would include the ones before it.
    const answer = this.turn.then(() => this.send(statement, values));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  private async send<Values extends unknown[], Row>(
    { name, text }: Statement<Values, Row>,
    values: NoInfer<Values>,
  ): Promise<Row[]> {
    const connecting = (this.client ??= this.connect());
    try {
      const client = await connecting;
      const query: QueryConfig = { ...(name && this.prepares && { name }), text, values };
      const { rows } = await client.query<object>(query);
      return rows as Row[];
    } catch (error) {
      this.forget(connecting);
      throw error;
    }
  }

  /** Notifies the other listeners, without a guarantee: they poll as well. */
  async notify(): Promise<void> {
    if (this.channel === undefined || !this.receivesNotifications) return;
    await this.run(statement('', `NOTIFY ${this.channel}`), []);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const { client } = this;
    this.client = undefined;
    const ended = client?.then((opened) => opened.end()).catch(() => undefined);
    // A server that is gone does not close the connection, which would keep the process running.
    await Promise.race([ended, wait(500, undefined, { ref: false })]);
    void client?.then((opened) => opened.disconnect()).catch(() => undefined);
  }

  private async connect(): Promise<TimedClient> {
    if (this.isClosed) throw new Error('Connection terminated: it was closed');
    const client = new TimedClient(connectionBeside(this.url, this.applicationName));
    client.timeout = FEED_TIMEOUT_MS;
    // The next statement fails on a broken connection; without a listener the error would end the process.
    client.on('error', () => undefined);
    await client.connect();
    try {
      if (this.channel !== undefined) await this.listen(client, this.channel);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    return client;
  }

  private async listen(client: TimedClient, channel: string): Promise<void> {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const { processID: own } = client as unknown as { processID: number };
    // A pooler assigns its own process IDs, and in transaction mode the server connection differs each time.
    this.receivesNotifications = rows[0]?.pid === own;
    if (!this.receivesNotifications) return;
    client.on('notification', ({ processId }) => {
      if (processId !== own) this.onNotification();
    });
    await client.query(`LISTEN ${channel}`);
  }

  private forget(broken: Promise<TimedClient>): void {
    if (this.client === broken) this.client = undefined;
    void broken.then((client) => client.end()).catch(() => undefined);
  }
}
