import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { importInto, openSite, type Site } from './importing.js';

interface Recorded {
  name: string;
  label: string;
  kind: 'refresh' | 'access';
  /** Whether it has the claim `hash_password`. */
  bindsPassword: boolean;
  userId: number;
  token: string;
  /** What the site answered with CHECK_REVOKE_TOKEN, and without; a 500 where it looked for a user who was deleted. */
  answer: { status: number; detail: string | null };
  answerUnbound: { status: number; detail: string | null };
}

interface Manifest {
  secretKey: string;
  tokens: Recorded[];
}

const here = (name: string) => new URL(name, import.meta.url);

/** What a user sees who presents a token: at the refresh, or at the page of the user. */
async function present(app: TestApp, { kind, token }: Recorded) {
  const browser = app.browser();
  if (kind === 'refresh')
    return browser.send('POST', '/auth/token/refresh/', { json: {}, cookie: `refresh_token=${token}` });
  browser.accessToken = token;
  return browser.get('/auth/user/');
}

describe('a site on simplejwt 5.5, whose tokens name users in texts and may be bound to the password', () => {
  let database: TestDatabase;
  let site: Site;
  let manifest: Manifest;
  beforeAll(async () => {
    manifest = JSON.parse(await readFile(here('site-b.json'), 'utf8')) as Manifest;
    site = await openSite();
    await site.write(await readFile(here('site-b.sql'), 'utf8'));
    database = await createDatabase();
  });
  afterAll(async () => {
    await site.close();
    await database.drop();
  });

  const start = async (djangoCheckRevokeToken: boolean): Promise<TestApp> => {
    const { secretKey: djangoSecretKey } = manifest;
    const settings = { dialect: 'django', djangoSecretKey, djangoCheckRevokeToken, sessionLimit: 0 } as const;
    const app = await startApp(settings, database);
    app.clock.advance((Date.parse('2026-11-27T12:00:00Z') - app.clock.now().getTime()) / 1000);
    return app;
  };
  const expected = ({ status, detail }: Recorded['answer']) =>
    status === 500 ? [401, 'No active account found for the given token.'] : [status, detail];

  test.each([true, false])(
    'each token is answered as there, CHECK_REVOKE_TOKEN being %s',
    async (isBound) => {
      const app = await start(isBound);
      try {
        const run = await importInto(app, site);
        // Rotated and signed out; one of the 27 has expired, and is not among them.
        expect([run.users, run.blacklisted]).toEqual([16, 4]);
        const kinds = new Set<string>();
        for (const each of manifest.tokens) {
          const { status, body } = await present(app, each);
          const wanted = expected(isBound ? each.answer : each.answerUnbound);
          expect([each.name, status, body.detail ?? null]).toEqual([each.name, ...wanted]);
          if (status === 200) kinds.add(`${each.kind} ${each.bindsPassword}`);
        }
        expect([...kinds].sort()).toEqual(
          isBound ? ['access true', 'refresh true'] : ['access true', 'refresh false', 'refresh true'],
        );
      } finally {
        await app.close();
      }
    },
    60_000,
  );

  test('a new password at the site ends the tokens from before, once it was imported', async () => {
    const app = await start(true);
    try {
      const access = manifest.tokens.find(({ userId, kind }) => userId === 71 && kind === 'access');
      if (!access) throw new Error('there is none');
      await site.write(`UPDATE auth_user SET password = 'md5$salt$' || md5('saltanother') WHERE id = 71`);
      expect((await present(app, access)).status).toBe(200);
      expect(await importInto(app, site)).toMatchObject({ changed: 1 });
      expect((await present(app, access)).body).toEqual({
        detail: "The user's password has been changed.",
        code: 'password_changed',
      });
    } finally {
      await app.close();
    }
  });
});
