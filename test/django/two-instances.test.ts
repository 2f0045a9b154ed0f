import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { readPart } from '../support/jwt.js';
import { addSiteUser, SITE_KEY, siteClaims, siteToken } from './site.js';

const present = (app: TestApp, cookie?: string, path = '/auth/token/refresh/'): Promise<Answer> =>
  app.browser().send('POST', path, { json: {}, cookie: cookie ?? '' });
const sessionOf = ({ body, text }: Answer): unknown => {
  if (typeof body.access !== 'string') throw new Error(text);
  return readPart(body.access, 1).sid;
};
const cookieOf = ({ setCookie }: Answer): string =>
  /(?:^|; )refresh_token=([^;]+)/.exec(
    setCookie.find((line) => line.includes('refresh_token=')) ?? '',
  )?.[1] ?? '';

/** A user with a refresh token of the site. */
async function someone(app: TestApp) {
  const user = await addSiteUser(app);
  return { ...user, token: siteToken(siteClaims(app, user.id)) };
}

describe.each([
  ['the same name', undefined],
  ['another name', 'jwt_refresh'],
] as const)('at the switch, with two instances, the cookie of the site having %s', (_, djangoCookieName) => {
  const old = djangoCookieName ?? 'refresh_token';
  let first: TestApp;
  let second: TestApp;
  beforeAll(async () => {
    const settings = { dialect: 'django', djangoSecretKey: SITE_KEY, djangoCookieName } as const;
    first = await startApp(settings);
    second = await startApp({ ...settings, clock: first.clock }, first.database);
  });
  afterAll(async () => {
    await second.close();
    await first.close();
  });

  test('two tabs that present one cookie to both at once get the same session', async () => {
    for (let turn = 0; turn < 5; turn++) {
      const { token, id } = await someone(first);
      const answers = await Promise.all(
        [first, second, first, second].map((app) => present(app, `${old}=${token}`)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect([new Set(answers.map(sessionOf)).size, new Set(answers.map(cookieOf)).size]).toEqual([1, 1]);
      const rows = await first.sql('SELECT id FROM tokenjar.sessions WHERE user_id = $1', [id]);
      expect(rows.length).toBe(1);
    }
  });

  test('a tab that signs out at one instance, while another refreshes at the other, leaves no session', async () => {
    const { token } = await someone(first);
    await Promise.all([
      present(first, `${old}=${token}`),
      present(second, `${old}=${token}`, '/auth/logout/'),
    ]);
    // Whoever came first: a sign-out may have been answered before the session began, and then forbids it.
    for (const app of [first, second]) {
      const { status, body } = await present(app, `${old}=${token}`);
      expect([status, body.detail]).toEqual([401, 'Token is blacklisted']);
    }
  });

  test('a proxy that strips the cookie signs nobody out: the answer clears nothing', async () => {
    const { token } = await someone(first);
    const stripped = await present(first);
    expect([stripped.status, stripped.setCookie]).toEqual([401, []]);
    expect((await present(second, `${old}=${token}`)).status).toBe(200);
  });

  test('beside a cookie of ours, that of the site changes nothing, in whichever order they come', async () => {
    const { token } = await someone(first);
    const opened = await present(first, `${old}=${token}`);
    const own = `refresh_token=${cookieOf(opened)}`;
    for (const both of [`${own}; ${old}=${token}`, `${old}=${token}; ${own}`])
      expect(sessionOf(await present(second, both))).toBe(sessionOf(opened));
    first.clock.advance(130);
    // Ours is replaced. The old one names an ancestor of the session by now, and is no reason to end it.
    const rotated = await present(first, `${own}; ${old}=${token}`);
    expect([rotated.status, cookieOf(rotated) === cookieOf(opened)]).toEqual([200, false]);
    const again = await present(second, `${old}=${token}; refresh_token=${cookieOf(rotated)}`);
    expect(sessionOf(again)).toBe(sessionOf(opened));
  });

  test('beside a cookie of ours of somebody else, who has signed in since, it opens nothing', async () => {
    const [one, other] = [await someone(first), await someone(first)];
    const own = `refresh_token=${cookieOf(await present(first, `${old}=${one.token}`))}`;
    const its = `${old}=${other.token}`;
    for (const both of [`${own}; ${its}`, `${its}; ${own}`])
      expect(readPart((await present(second, both)).body.access as string, 1).user_id).toBe(String(one.id));
    expect(await first.sql('SELECT 1 FROM tokenjar.sessions WHERE user_id = $1', [other.id])).toEqual([]);
    // Alone it goes on.
    expect((await present(second, its)).status).toBe(200);
  });
});
