import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { importDjango, type ImportFlags } from '../../src/commands/import-django.js';
import type { Browser } from '../support/browser.js';
import { SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { readPart } from '../support/jwt.js';

interface Recorded {
  name: string;
  user: string | null;
  kind: 'refresh' | 'access';
  token: string;
  /** What the site answered. */
  answer: { status: number; detail: string | null };
}

interface Manifest {
  secretKey: string;
  users: Record<string, { id: string; email: string }>;
  tokens: Recorded[];
}

const PASSWORD = 'marble cactus orbit lantern';
/** What is answered in other words: simplejwt of that version refreshes for a user who is not active, and later ones say what is wrong with an expired token. */
const ELSE = {
  deactivated: [401, 'No active account found for the given token.'],
  expired: [401, 'Token is expired'],
} as const;

const here = (name: string) => new URL(name, import.meta.url);
const urlOf = ({ settings }: TestDatabase) => (settings as { databaseUrl: string }).databaseUrl;

async function query<Row extends pg.QueryResultRow>(database: TestDatabase, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: urlOf(database) });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const environment = { ...process.env };
let site: TestDatabase;
let own: TestDatabase;
let manifest: Manifest;
beforeAll(async () => {
  manifest = JSON.parse(await readFile(here('site-c.json'), 'utf8')) as Manifest;
  [site, own] = [await createEmptyDatabase(), await createDatabase()];
  await query(site, await readFile(here('site-c.sql'), 'utf8'));
  Object.assign(process.env, { SECRET_KEY, DATABASE_URL: urlOf(own) });
});
afterAll(async () => {
  process.env = environment;
  await site.drop();
  await own.drop();
});

/** Runs the command. @returns what it printed. */
async function run(userId: 'integer' | 'uuid', flags: Partial<ImportFlags> = {}): Promise<string> {
  process.env.USER_ID = userId;
  const lines: string[] = [];
  const to = { print: (line: string) => void lines.push(line) };
  await importDjango({ from: urlOf(site), yes: true, ...flags }, to, 'tests');
  return lines.join('\n');
}

async function start(userId: 'integer' | 'uuid'): Promise<TestApp> {
  const { secretKey: djangoSecretKey } = manifest;
  const app = await startApp({ dialect: 'django', userId, djangoSecretKey, sessionLimit: 0 }, own);
  app.clock.advance((Date.parse('2026-11-27T20:05:00Z') - app.clock.now().getTime()) / 1000);
  return app;
}

const tokenNamed = (name: string): string => manifest.tokens.find((each) => each.name === name)?.token ?? '';

const refreshed = (user: Browser, token: string) =>
  user.send('POST', '/auth/token/refresh/', { json: {}, cookie: `refresh_token=${token}` });

const present = (user: Browser, { kind, token }: Recorded) => {
  if (kind === 'refresh') return refreshed(user, token);
  user.accessToken = token;
  return user.get('/auth/user/');
};

// One after the other, as the site moves.
describe('a site whose user model has a UUID for its key', () => {
  test('without USER_ID=uuid nothing is written, and a dry run says why', async () => {
    const report = await run('integer', { dryRun: true });
    expect(report).toMatch(/--id-column +id \(UUIDs, and USER_ID is not uuid: users would be shown/);
    expect(report).toContain('Set USER_ID=uuid, for the server and for this command.');
    const [line = ''] = (await run('integer', { dryRun: true, json: true })).split('\n');
    expect(JSON.parse(line)).toMatchObject({
      problem: 'uuid_keys',
      detail: expect.stringContaining('USER_ID=uuid'),
    });
    await expect(run('integer')).rejects.toThrow('Set USER_ID=uuid');
    const [row] = await query(
      own,
      `SELECT (SELECT count(*)::int FROM tokenjar.users) AS users, (SELECT count(*)::int FROM tokenjar.django_users) AS kept,
        (SELECT count(*)::int FROM tokenjar.roles) AS roles, (SELECT count(*)::int FROM tokenjar.audit_events) AS events`,
    );
    expect(row).toEqual({ users: 0, kept: 0, roles: expect.any(Number), events: 0 });
  });

  test('users keep their keys as public IDs, and a second run changes nothing', async () => {
    expect(await run('uuid')).toMatch(/--id-column +id \(kept\)/);
    const users = () =>
      query(own, `SELECT public_id AS id, email, is_active, roles FROM tokenjar.users ORDER BY email`);
    const { ada, ben, gone } = manifest.users;
    const expected = [
      { ...ada, is_active: true, roles: ['clerks'] },
      { ...ben, is_active: true, roles: [] },
      { ...gone, is_active: false, roles: [] },
    ];
    expect(await users()).toEqual(expected);
    await run('uuid');
    expect(await users()).toEqual(expected);
  });

  test('tokens of the site answer as there, and ours name the user by the same key', async () => {
    const app = await start('uuid');
    try {
      for (const each of manifest.tokens) {
        const user = app.browser();
        const { status, body } = await present(user, each);
        const { answer } = each;
        const wanted = ELSE[each.name as keyof typeof ELSE] ?? [answer.status, answer.detail];
        expect([each.name, status, body.detail ?? null]).toEqual([each.name, ...wanted]);
        if (status !== 200) continue;
        const { id } = manifest.users[each.user ?? ''] ?? {};
        if (each.kind === 'access') expect([each.name, body.pk]).toEqual([each.name, id]);
        else expect([each.name, readPart(String(body.access), 1).user_id]).toEqual([each.name, id]);
      }
      const { id, email } = manifest.users.ada ?? { id: '', email: '' };
      const { body } = await app.browser().post('/auth/login/', { email, password: PASSWORD });
      expect((body.user as { pk: unknown }).pk).toBe(id);
    } finally {
      await app.close();
    }
  });

  test('nobody is signed out where a server is started without USER_ID=uuid, and started again with it', async () => {
    const sessions = 'SELECT count(*)::int AS count FROM tokenjar.sessions';
    const before = await query(own, sessions);
    const { id, email } = manifest.users.ada ?? { id: '', email: '' };
    let token = tokenNamed('live');
    for (const userId of ['integer', 'uuid'] as const) {
      const app = await start(userId);
      try {
        if (userId === 'uuid') app.clock.advance(300);
        const user = app.browser();
        const { status, body } = await refreshed(user, token);
        expect([userId, status]).toEqual([userId, 200]);
        user.accessToken = String(body.access);
        const shown = (await user.get('/auth/user/')).body;
        const integer: unknown = expect.any(Number);
        expect(shown).toMatchObject({ email, pk: userId === 'uuid' ? id : integer });
        expect(readPart(user.accessToken, 1).user_id).toBe(String(shown.pk));
        token = (await user.refreshCookie()) ?? token;
      } finally {
        await app.close();
      }
    }
    expect(await query(own, sessions)).toEqual(before);
  });
});
