import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { Passwords } from '../../src/crypto/password.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { importInto, openSite, type Site } from './importing.js';

const USERS = `CREATE TABLE auth_user (id bigint PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamptz NULL,
    username varchar(150) NOT NULL UNIQUE, email varchar(254) NOT NULL, is_active boolean NOT NULL DEFAULT true);
  CREATE TABLE mfa_authenticator (id bigint PRIMARY KEY, type varchar(20) NOT NULL, data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), user_id bigint NOT NULL REFERENCES auth_user)`;
const hashOf = (password: string) => `md5$salt$${createHash('md5').update(`salt${password}`).digest('hex')}`;

let app: TestApp;
let site: Site;
/** Somebody who changes something here, on a connection of their own. */
let user: pg.Client;
let last = 0;

/** Waits until so many wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  const waiting = await eventually(
    () =>
      app.sql(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      ),
    (rows) => rows.length >= count,
  );
  expect(waiting.length).toBe(count);
}

const rowOf = async (id: number) => (await app.sql('SELECT * FROM tokenjar.users WHERE id = $1', [id]))[0];

/** What is newer at the site is imported while a transaction here has changed the user and not yet committed. */
async function importBeside(there: string, here: string) {
  const id = last;
  await site.write(there.replaceAll('$ID', String(id)));
  await user.query('BEGIN');
  await user.query(here.replaceAll('$ID', String(id)));
  const run = importInto(app, site);
  await untilWaiting(1);
  await user.query('COMMIT');
  return { ...(await run), row: await rowOf(id) };
}

describe('an import beside those who change something here', () => {
  beforeAll(async () => {
    app = await startApp({ dialect: 'django' });
    site = await openSite();
    await site.write(USERS);
    user = new pg.Client({
      connectionString: (app.database.settings as { databaseUrl: string }).databaseUrl,
    });
    await user.connect();
  });
  beforeEach(async () => {
    last++;
    await site.write(
      `INSERT INTO auth_user VALUES (${last}, '${hashOf('of the site')}', NULL, 'user${last}', 'user${last}@example.com')`,
    );
    await importInto(app, site);
  });
  afterAll(async () => {
    await user.end();
    await app.close();
    await site.close();
  });

  test('leaves a password that is being changed here, and takes the rest over', async () => {
    const { remarks, row } = await importBeside(
      `UPDATE auth_user SET password = '${hashOf('newer there')}', username = 'renamed' WHERE id = $ID`,
      `UPDATE tokenjar.users SET password_hash = 'chosen here' WHERE id = $ID`,
    );
    expect(row).toMatchObject({ password_hash: 'chosen here', username: 'renamed' });
    expect(remarks.map(({ kind }) => kind)).toContain('changed_here');
  });

  test('leaves an address that is being changed here', async () => {
    const { row } = await importBeside(
      `UPDATE auth_user SET email = 'there@example.com' WHERE id = $ID`,
      `UPDATE tokenjar.users SET email = 'here@example.com' WHERE id = $ID`,
    );
    expect(row).toMatchObject({ email: 'here@example.com' });
  });

  test('leaves factors that are being changed here', async () => {
    const { row } = await importBeside(
      `INSERT INTO mfa_authenticator VALUES ($ID, 'totp', '{"secret": "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"}', now(), $ID)`,
      `INSERT INTO tokenjar.factors (id, user_id, type, created_at) VALUES (gen_random_uuid(), $ID, 'passkey', now())`,
    );
    expect(row).toMatchObject({ second_factors: ['passkey'] });
  });

  test('does not bring back who is being deleted here', async () => {
    const { remarks, row } = await importBeside(
      `UPDATE auth_user SET username = 'late' WHERE id = $ID`,
      'DELETE FROM tokenjar.users WHERE id = $ID',
    );
    expect(row).toBeUndefined();
    expect(remarks.map(({ kind }) => kind)).toContain('deleted_here');
  });

  test('does not keep a newcomer from whoever is taking the address here: both have an account', async () => {
    const id = last + 1000;
    await site.write(
      `INSERT INTO auth_user VALUES (${id}, '${hashOf('x')}', NULL, 'newcomer', 'wanted@example.com')`,
    );
    await user.query('BEGIN');
    await user.query(
      `INSERT INTO tokenjar.users (id, email, created_at) OVERRIDING SYSTEM VALUE VALUES (90000, 'wanted@example.com', now())`,
    );
    const run = importInto(app, site);
    await untilWaiting(1);
    await user.query('COMMIT');
    const { added, remarks } = await run;
    expect([added, remarks.map(({ kind }) => kind)]).toEqual([1, expect.arrayContaining(['address_taken'])]);
    expect(await rowOf(id)).toMatchObject({ email: null, username: 'newcomer' });
  });

  test('whoever changes a password while the import holds their row waits, and has the last word', async () => {
    const [id, later] = [last, last + 2000];
    const browser = app.browser();
    const signedIn = await browser.post('/auth/login/', {
      email: `user${id}@example.com`,
      password: 'of the site',
    });
    browser.accessToken = signedIn.body.access as string;
    await site.write(
      `INSERT INTO auth_user VALUES (${later}, '!', NULL, 'user${later}', 'user${later}@example.com')`,
    );
    await importInto(app, site);
    await site.write(`UPDATE auth_user SET last_login = now() WHERE id IN (${id}, ${later})`);
    await user.query('BEGIN');
    await user.query(`SELECT 1 FROM tokenjar.users WHERE id = ${later} FOR NO KEY UPDATE`);
    // Rows are locked in the order of IDs: it holds that of the one, and waits for that of the other.
    const run = importInto(app, site);
    await untilWaiting(1);
    const change = browser.post('/auth/password/change/', {
      old_password: 'of the site',
      new_password1: PASSWORD,
      new_password2: PASSWORD,
    });
    await untilWaiting(2);
    await user.query('COMMIT');
    expect((await run).changed).toBe(2);
    expect((await change).status).toBe(200);
    await site.write(`UPDATE auth_user SET password = '${hashOf('later there')}' WHERE id = ${id}`);
    await importInto(app, site);
    const { password_hash: stored } = (await rowOf(id)) as { password_hash: string };
    const passwords = new Passwords();
    const which: string[] = [];
    for (const each of [PASSWORD, 'later there', 'of the site'])
      if (await passwords.verify(each, stored)) which.push(each);
    expect(which).toEqual([PASSWORD]);
  });

  test('two imports at once: the second is refused, and a third one may run afterwards', async () => {
    await site.write(`UPDATE auth_user SET username = username || '-again' WHERE id = ${last}`);
    await user.query('BEGIN');
    await user.query(`SELECT 1 FROM tokenjar.users WHERE id = ${last} FOR NO KEY UPDATE`);
    const first = importInto(app, site);
    await untilWaiting(1);
    await expect(importInto(app, site)).rejects.toThrow('Another import is running');
    expect(await importInto(app, site, { isDry: true })).toMatchObject({ changed: 1 });
    await user.query('COMMIT');
    expect(await first).toMatchObject({ changed: 1 });
    expect(await importInto(app, site)).toMatchObject({ changed: 0 });
  });
});
