import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { tapStatements } from '../support/statement-counter.js';

const MANY = 230;

let database: TestDatabase;
let standard: TestApp;
let user: Browser & { email: string };
beforeAll(async () => {
  database = await createDatabase();
  standard = await startApp({ sessionLimit: 0 }, database);
  user = await standard.signedUp();
  const now = standard.clock.now();
  // Some at the same moment, so that the order hangs on the id too.
  await standard.sql(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
     SELECT gen_random_uuid(), gen_random_uuid(), u.id, 1, 0, $2::timestamptz, $2::timestamptz - make_interval(secs => i / 7), $2::timestamptz,
       $2::timestamptz + interval '1 day', $2::timestamptz + interval '1 day', '{pwd}'
     FROM tokenjar.users u, generate_series(1, $3::int) i WHERE u.email = $1`,
    [user.email, now, MANY],
  );
  await standard.sql(
    `INSERT INTO tokenjar.ended_sessions (id, user_id, reason, created_at, last_used_at, ended_at)
     SELECT gen_random_uuid(), u.id, 'logout', $2, $2::timestamptz, $2::timestamptz - make_interval(secs => i / 7)
     FROM tokenjar.users u, generate_series(1, $3::int) i WHERE u.email = $1`,
    [user.email, now, MANY],
  );
  await standard.sql(
    `INSERT INTO tokenjar.audit_events (at, event, outcome, user_id)
     SELECT $2::timestamptz, 'password_check', 'failure', u.id
     FROM tokenjar.users u, generate_series(1, $3::int) WHERE u.email = $1`,
    [user.email, now, MANY],
  );
});
afterAll(async () => {
  await standard.close();
  await database.drop();
});

const PATHS = ['/auth/sessions', '/auth/sessions/ended', '/auth/activity'];

/** The ids on all pages, as a client follows the links, and how many each page had. */
async function walk(browser: Browser, path: string, query = '') {
  const ids: string[] = [];
  const pages: number[] = [];
  let url: string | undefined = `${path}${query}`;
  while (url !== undefined) {
    const { status, body, headers } = await browser.get(url);
    expect(status).toBe(200);
    const [list] = [body, body.sessions, body.activity].filter((each) => Array.isArray(each));
    const page = list as unknown as { id: string }[];
    ids.push(...page.map(({ id }) => id));
    pages.push(page.length);
    const [, next] = /^<(\?[^>]+)>; rel="next"$/.exec(headers.get('link') ?? '') ?? [];
    url = next === undefined ? undefined : `${path}${next}`;
  }
  return { ids, pages };
}

// Beside the server of the file, which the embedded database does not serve.
(isEmbedded ? describe.skip : describe).each(['standard', 'django', 'django-legacy', 'envelope'] as const)(
  'in the dialect %s',
  (dialect) => {
    test.each(PATHS)('%s has at most a hundred items per page, each once on all pages', async (path) => {
      const app = await startApp({ dialect, clock: standard.clock, sessionLimit: 0 }, database);
      try {
        const browser = app.browser();
        const { body } = await browser.login(user.email);
        const token = { ...body, ...(body.token as object | undefined) } as Record<string, string>;
        browser.accessToken = token.access_token ?? token.access;
        const { ids, pages } = await walk(browser, path);
        expect(pages.slice(0, 2)).toEqual([100, 100]);
        expect(pages).toHaveLength(3);
        expect(ids.length).toBeGreaterThanOrEqual(MANY);
        expect(new Set(ids).size).toBe(ids.length);
      } finally {
        await app.close();
      }
    });
  },
);

describe('the page', () => {
  test.each(PATHS)('of %s can be smaller, but not larger', async (path) => {
    const { ids, pages } = await walk(user, path, '?limit=90');
    expect(pages.slice(0, 2)).toEqual([90, 90]);
    expect(new Set(ids).size).toBe(ids.length);
    expect((await walk(user, path, '?limit=100000')).pages[0]).toBe(100);
  });

  test.each(PATHS)('of %s is refused if it is invalid', async (path) => {
    for (const query of ['limit=0', 'limit=-1', 'limit=x', 'cursor=x', 'cursor=', "cursor='", 'cursor=1_2']) {
      const { status, body } = await user.get(`${path}?${query}`);
      expect([query, status, body.code]).toEqual([query, 400, 'input_invalid']);
    }
  });
});

test('limits a user to a hundred sessions by default by ending the oldest', async () => {
  const app = await startApp();
  try {
    const first = await app.signedUp();
    const [row] = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users');
    await app.sql(
      `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
         last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
       SELECT gen_random_uuid(), gen_random_uuid(), $1::bigint, 1, 0, $2::timestamptz, $2, $2 + make_interval(secs => i),
         $2::timestamptz + interval '1 day', $2::timestamptz + interval '1 day', '{pwd}' FROM generate_series(1, 96) i`,
      [row?.id, app.clock.now()],
    );
    app.clock.advance(200);
    const login = () => app.browser().login(first.email);
    await Promise.all(Array.from({ length: 8 }, login));
    expect(await app.sql('SELECT count(*)::int AS count FROM tokenjar.sessions')).toEqual([{ count: 100 }]);
    expect((await first.get('/auth/session')).body.code).toBe('token_blacklisted');
  } finally {
    await app.close();
  }
});

test('after SESSION_LIMIT was lowered, sign-ins end the rest a thousand at a time, those not used for longest first', async () => {
  const app = await startApp({ sessionLimit: 10 });
  try {
    const first = await app.signedUp();
    await app.sql(
      `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
         last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
       SELECT gen_random_uuid(), gen_random_uuid(), u.id, 1, 0, $1::timestamptz, $1, $1::timestamptz - make_interval(secs => i),
         $1::timestamptz + interval '1 day', $1::timestamptz + interval '1 day', '{pwd}'
       FROM tokenjar.users u, generate_series(1, 2500) i`,
      [app.clock.now()],
    );
    const oldest = async () => {
      const [row] = await app.sql<{ count: number; age: number }>(
        `SELECT count(*)::int AS count, (extract(epoch FROM $1::timestamptz - min(last_used_at)))::int AS age
         FROM tokenjar.sessions`,
        [app.clock.now()],
      );
      return [row?.count, row?.age];
    };
    const login = async () => expect((await app.browser().login(first.email)).status).toBe(200);
    await login();
    expect(await oldest()).toEqual([1502, 1500]);
    await login();
    expect(await oldest()).toEqual([503, 500]);
    await login();
    expect((await oldest())[0]).toBe(10);
    expect((await first.get('/auth/session')).status).toBe(200);
  } finally {
    await app.close();
  }
});

// The embedded database has no wire of its own.
(isEmbedded ? test.skip : test)(
  'of 50,000 sessions a page is one statement of 101 rows, wherever it is',
  async () => {
    const own = await createDatabase();
    const tap = await tapStatements((own.settings as { databaseUrl: string }).databaseUrl);
    const app = await startApp({ sessionLimit: 0, databaseUrl: tap.databaseUrl }, own);
    try {
      const rich = await app.signedUp();
      await app.sql(
        `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
         last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
       SELECT gen_random_uuid(), gen_random_uuid(), u.id, 1, 0, $2::timestamptz,
         $2::timestamptz - make_interval(secs => i), $2::timestamptz, $2::timestamptz + interval '1 day',
         $2::timestamptz + interval '1 day', '{pwd}'
       FROM tokenjar.users u, generate_series(1, 50000) i WHERE u.email = $1`,
        [rich.email, app.clock.now()],
      );
      let path: string | undefined = '/auth/sessions';
      for (let page = 0; page < 3; page++) {
        const costs: number[] = [];
        let link: string | null = null;
        costs.push(
          await tap.countDuring(async () => {
            costs.push(
              await tap.rowsDuring(async () => {
                const { body, headers } = await rich.get(path ?? '');
                expect(body).toHaveLength(100);
                link = headers.get('link');
              }),
            );
          }),
        );
        expect(costs).toEqual([101, 1]);
        const [, next] = /^<(\?[^>]+)>; rel="next"$/.exec(link ?? '') ?? [];
        path = `/auth/sessions${next}`;
      }
    } finally {
      await app.close();
      await tap.close();
      await own.drop();
    }
  },
);
