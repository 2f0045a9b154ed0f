import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

interface Listed {
  id: string;
  current: boolean;
  device: string | null;
  ip: string | null;
  created_at: string;
  last_used_at: string;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function signedIn(email: string, userAgent = 'curl/8.5.0'): Promise<Browser> {
  const browser = app.browser();
  const headers = { 'user-agent': userAgent };
  const { status } = await browser.post('/auth/login', { email, password: PASSWORD }, { headers });
  expect(status).toBe(200);
  return browser;
}

async function listOf(browser: Browser): Promise<Listed[]> {
  const { status, body } = await browser.get('/auth/sessions');
  expect(status).toBe(200);
  return body as unknown as Listed[];
}

const idOf = async (browser: Browser): Promise<string> =>
  (await listOf(browser)).find(({ current }) => current)?.id ?? '';

const expectEnded = async (browser: Browser) => {
  const access = await browser.get('/auth/session');
  expect([access.status, access.body.code]).toEqual([401, 'token_blacklisted']);
  const refresh = await browser.refresh();
  expect([refresh.status, refresh.body.code]).toEqual([401, 'token_blacklisted']);
};

test('lists the user’s sessions, newest first, with device names', async () => {
  const first = await app.signedUp();
  app.clock.advance(60);
  await signedIn(first.email, FIREFOX);
  app.clock.advance(60);
  const phone = await signedIn(first.email, IPHONE);

  const list = await listOf(phone);
  const began = (secondsAgo: number) => new Date(app.clock.now().getTime() - secondsAgo * 1000).toISOString();
  expect(list).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      current: true,
      device: 'Safari on iOS',
      device_bound: false,
      ip: '127.0.0.1',
      created_at: began(0),
      last_used_at: began(0),
    },
    expect.objectContaining({ current: false, device: 'Firefox on Linux', created_at: began(60) }),
    expect.objectContaining({ current: false, created_at: began(120) }),
  ]);
  expect((await phone.get('/auth/session')).body.session).toEqual({ id: list[0]?.id });
});

test('lists nobody else’s', async () => {
  const [one, two] = [await app.signedUp(), await app.signedUp()];
  expect(await listOf(one)).toHaveLength(1);
  expect((await listOf(one))[0]?.id).not.toBe((await listOf(two))[0]?.id);
});

test('contains nothing that helps to forge or replay a token', async () => {
  const user = await app.signedUp();
  const text = (await user.get('/auth/sessions')).text;
  const [row] = await app.sql<{ lookup_id: string }>(
    'SELECT lookup_id FROM tokenjar.sessions WHERE id = $1',
    [await idOf(user)],
  );
  expect(text).not.toContain(row?.lookup_id);
  expect(text).not.toContain('generation');
});

test('reports the last use in steps of 15 minutes, and never before the start', async () => {
  const user = await app.signedUp();
  const [start] = await listOf(user);
  const quarter = 15 * 60_000;
  for (const minutes of [7, 15, 11, 1, 40]) {
    app.clock.advance(minutes * 60);
    expect((await user.refresh()).status).toBe(200);
    const [session] = await listOf(user);
    const shown = Date.parse(session?.last_used_at ?? '');
    const floor = Math.floor(app.clock.now().getTime() / quarter) * quarter;
    expect(shown).toBe(Math.max(floor, Date.parse(start?.created_at ?? '')));
  }
});

test('omits expired sessions', async () => {
  const user = await app.signedUp();
  app.clock.advance(13 * 86_400);
  const later = await signedIn(user.email);
  expect(await listOf(later)).toHaveLength(2);
  app.clock.advance(86_400);
  expect((await later.refresh()).status).toBe(200);
  expect(await listOf(later)).toHaveLength(1);
});

describe('ending', () => {
  test('ends one session at once, and only that one', async () => {
    const user = await app.signedUp();
    const [lost, kept] = [await signedIn(user.email), await signedIn(user.email)];
    const id = await idOf(lost);
    const { status, text } = await user.delete(`/auth/sessions/${id}`);
    expect([status, text]).toEqual([204, '']);
    await expectEnded(lost);
    expect((await kept.get('/auth/session')).status).toBe(200);
    expect((await listOf(user)).map((session) => session.id)).not.toContain(id);

    const again = await user.delete(`/auth/sessions/${id}`);
    expect([again.status, again.body.code]).toEqual([404, 'session_not_found']);
  });

  test('ends the user’s current session', async () => {
    const user = await app.signedUp();
    expect((await user.delete(`/auth/sessions/${await idOf(user)}`)).status).toBe(204);
    await expectEnded(user);
  });

  test('ends all others', async () => {
    const user = await app.signedUp();
    const others = [await signedIn(user.email), await signedIn(user.email)];
    const stranger = await app.signedUp();
    app.clock.advance(1);
    expect((await user.delete('/auth/sessions')).status).toBe(204);
    for (const other of others) await expectEnded(other);
    expect(await listOf(user)).toHaveLength(1);
    expect((await stranger.get('/auth/session')).status).toBe(200);
    expect((await user.delete('/auth/sessions')).status).toBe(204);

    app.clock.advance(1);
    const next = await signedIn(user.email);
    expect((await next.get('/auth/session')).status).toBe(200);
  });

  test('treats another user’s session as unknown', async () => {
    const [user, stranger] = [await app.signedUp(), await app.signedUp()];
    const theirs = await user.delete(`/auth/sessions/${await idOf(stranger)}`);
    const nobodys = await user.delete('/auth/sessions/019aa111-2222-7333-8444-555566667777');
    expect([theirs.status, theirs.body.code]).toEqual([404, 'session_not_found']);
    expect(theirs.text).toBe(nobodys.text);
    expect((await stranger.get('/auth/session')).status).toBe(200);
  });

  test.each([
    'current',
    'null',
    '0',
    '-1',
    '%00',
    '%20',
    "' OR 1=1 --",
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '019aa111222273338444555566667777',
    '{019aa111-2222-7333-8444-555566667777}',
    '019aa111-2222-7333-8444-555566667777%0a',
    'x'.repeat(100),
  ])('finds no session for %s', async (id) => {
    const { status, body } = await (await app.signedUp()).delete(`/auth/sessions/${id}`);
    expect([status, body.code]).toEqual([404, 'session_not_found']);
  });

  test.each([
    ['GET', '/auth/session'],
    ['GET', '/auth/sessions'],
    ['DELETE', '/auth/sessions'],
    ['DELETE', '/auth/sessions/019aa111-2222-7333-8444-555566667777'],
  ])('%s %s requires an access token', async (method, path) => {
    const { status, body } = await app.browser().send(method, path);
    expect([status, body.code]).toEqual([401, 'access_missing']);
  });
});
