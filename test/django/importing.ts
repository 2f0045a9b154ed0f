import { PGlite, types } from '@electric-sql/pglite';
import pg from 'pg';
import { Audit } from '../../src/audit/audit.js';
import { Clock } from '../../src/clock.js';
import { deriveKey } from '../../src/crypto/derive.js';
import { Passwords } from '../../src/crypto/password.js';
import { Database } from '../../src/database/database.js';
import { DjangoImport, type ImportSummary } from '../../src/django/django-import.js';
import { markKeys } from '../../src/django/password-marks.js';
import { SiteLedger } from '../../src/django/site-ledger.js';
import type { Choices } from '../../src/django/site-mapping.js';
import { readSchema, type SiteFlags } from '../../src/django/site-schema.js';
import { type Row, type SiteReader, Source } from '../../src/django/source.js';
import { importedCodeKeys } from '../../src/mfa/imported-codes.js';
import { AccountPage } from '../../src/transfer/account-page.js';
import type { Remark } from '../../src/transfer/remarks.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { SECRET_KEY, type TestApp } from '../support/app.js';
import { createEmptyDatabase, isEmbedded, type TestDatabase } from '../support/database.js';

const OPERATOR = { ip: null, userAgent: null, requestId: null, actor: 'test', isConnected: () => true };

/** The database of a site. */
export interface Site extends SiteReader {
  write(text: string, values?: unknown[]): Promise<void>;
  close(): Promise<void>;
}

/** An empty one. */
export const openSite = (): Promise<Site> => (isEmbedded ? embeddedSite() : postgresSite());

type Value = string | number | boolean | null;

/** Beside the embedded database, the site is in another one; a value comes as the import reads it, as text. */
async function embeddedSite(): Promise<Site> {
  const database = await PGlite.create();
  const asText = { parsers: { [types.TIMESTAMPTZ]: (text: string) => text } };
  const read = async (text: string, values: unknown[] = []): Promise<Row[]> => {
    const { rows } = await database.query<Record<string, Value>>(text, values, asText);
    const toText = (value: Value) => (value === null ? null : String(value));
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toText(value)])),
    );
  };
  return {
    read,
    write: async (text: string, values: unknown[] = []) =>
      void (await (values.length > 0 ? database.query(text, values) : database.exec(text))),
    close: () => database.close(),
  };
}

async function postgresSite(): Promise<Site> {
  const database: TestDatabase = await createEmptyDatabase();
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const source = await Source.open(databaseUrl);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  return {
    read: (text: string, values?: unknown[]) => source.read(text, values),
    write: async (text: string, values: unknown[] = []) => void (await client.query(text, values)),
    async close() {
      await source.close();
      await client.end();
      await database.drop();
    },
  };
}

export interface RunOptions extends Partial<Choices> {
  isDry?: boolean;
  deactivatesGone?: boolean;
  flags?: SiteFlags;
  progress?: (done: number) => void;
}

/** Runs the import in the process of an app. */
export async function importInto(
  { app: nest }: TestApp,
  site: SiteReader,
  { isDry = false, deactivatesGone = false, flags = {}, progress, ...choices }: RunOptions = {},
): Promise<ImportSummary & { remarks: Remark[] }> {
  const db = nest.get(Database);
  const keys = {
    marks: markKeys([SECRET_KEY]),
    totp: [deriveKey(SECRET_KEY, 'sealed totp secret')] as const,
    codes: importedCodeKeys([SECRET_KEY]),
  };
  const receiver = {
    users: nest.get(Users, { strict: false }),
    ending: nest.get(SessionEnding, { strict: false }),
    audit: nest.get(Audit, { strict: false }),
    operator: OPERATOR,
    passwords: new Passwords(),
    keys,
  };
  const clock = nest.get(Clock);
  const origin = { name: 'django', ledger: new SiteLedger(keys), hashes: { system: 'django' } } as const;
  const page = new AccountPage(db, origin, receiver, isDry);
  const schema = await readSchema(site, flags);
  const remarks: Remark[] = [];
  const report = {
    remark: (remark: Remark) => void remarks.push(remark),
    progress: (done: number) => progress?.(done),
  };
  const run = new DjangoImport(db, page, receiver, () => clock.now(), { isDry, deactivatesGone });
  const chosen = { signInWith: 'both', superuserRole: 'boss', ...choices } as const;
  return { ...(await run.run(site, schema, chosen, report)), remarks };
}
