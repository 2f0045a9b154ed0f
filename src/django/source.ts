import pg from 'pg';
import { postgresConfig } from '../database/client-config.js';

/** A value as PostgreSQL writes it: dates of any year and numbers of any length come through unchanged. */
export type Row = Record<string, string | null>;

const AS_TEXT = { getTypeParser: () => (value: string) => value };
/** A long read of a busy site is no failure. **Unit** milliseconds. */
const STATEMENT_TIMEOUT = 600_000;

/** What the import needs of it. */
export type SiteReader = Pick<Source, 'read'>;

/** The database of the Django site. Nothing is ever written to it: the session itself is read-only. */
export class Source {
  private constructor(private readonly client: pg.Client) {}

  /** @throws {DatabaseUrlError} and what pg throws. */
  static async open(url: string): Promise<Source> {
    const config = postgresConfig(url, { applicationName: 'tokenjar import', connectTimeout: 10_000 });
    const client = new pg.Client({
      ...config,
      options: `${config.options ?? ''} -c default_transaction_read_only=on`.trim(),
      statement_timeout: STATEMENT_TIMEOUT,
      types: AS_TEXT as unknown as pg.CustomTypesConfig,
    });
    // A broken connection rejects the statement that waits for it; without a listener it would end the process too.
    client.on('error', () => undefined);
    await client.connect();
    // As it writes them, whatever the database is set to.
    await client.query(`SET TIME ZONE 'UTC'; SET datestyle TO 'ISO'; SET client_encoding TO 'UTF8'`);
    return new Source(client);
  }

  async read(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(text, values)).rows;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

/** A name in SQL. */
export const quoted = (name: string): string => pg.escapeIdentifier(name);
