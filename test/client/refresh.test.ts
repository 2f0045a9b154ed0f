import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type Auth, AuthError, type Reason } from '../../client/src/index.js';
import { type Answer, fakeTime, FarServer, never, pass, problem, realTime, USER } from './far-server.js';

const CREDENTIALS = { email: USER.email, password: 'marble cactus orbit lantern' };
const REFRESH = '/token/refresh';

let server: FarServer;
let auth: Auth;
let told: [email: string | null | undefined, reason: Reason][];
beforeEach(() => {
  fakeTime();
  server = new FarServer();
  auth = server.client();
  told = [];
  auth.onChange((user, reason) => told.push([user?.email, reason]));
});
afterEach(() => {
  auth.close();
  jest.restoreAllMocks();
  realTime();
});

const offline: Answer = () => Promise.reject(new TypeError('Failed to fetch'));
const page: Answer = () => new Response('<html>Please sign in to the Wi-Fi</html>');
/** What somebody else than the server may say, or the server in trouble: none of it says who is signed in. */
const UNSURE: [string, Answer][] = [
  ['no connection', offline],
  ['a page of a captive portal', page],
  ['an empty object', () => Response.json({})],
  ['401 of a proxy, as a page', () => new Response('<html>', { status: 401 })],
  ['400', () => problem(400, 'cookie_ambiguous')],
  ['403', () => problem(403, 'origin_refused')],
  ['429', () => problem(429, 'too_many_attempts')],
  ['500', () => problem(500, 'internal_error')],
  ['502 of a proxy', () => new Response('Bad gateway', { status: 502 })],
  ['503', () => problem(503, 'database_unavailable')],
];

describe('page load', () => {
  test('the cookie of an earlier load is enough', async () => {
    expect(auth.user).toBeNull();
    await expect(auth.ready()).resolves.toEqual(USER);
    expect([auth.user, auth.expiresIn]).toEqual([USER, 600]);
    expect(told).toEqual([['ada@example.com', 'restored']]);
    await auth.ready();
    expect(server.to(REFRESH)).toHaveLength(1);
  });

  test('a definite 401 is null, and no event of the kind that says somebody was thrown out', async () => {
    server.answers[REFRESH] = () => problem(401, 'refresh_missing');
    await expect(auth.ready()).resolves.toBeNull();
    expect(told).toEqual([[undefined, 'restored']]);
    await expect(auth.accessToken()).resolves.toBeNull();
    expect(server.to(REFRESH)).toHaveLength(1);
  });

  test.each(UNSURE)('%s: it throws, goes on trying by itself, and tells when it knows', async (_, answer) => {
    server.answers[REFRESH] = answer;
    await expect(auth.ready()).rejects.toThrow(AuthError);
    expect(told).toEqual([]);
    await pass(300);
    expect(server.to(REFRESH).length).toBeGreaterThan(5);
    server.answers[REFRESH] = () => server.tokensAnswer();
    await pass(61);
    expect(told).toEqual([['ada@example.com', 'restored']]);
  });
});

describe('while signed in', () => {
  beforeEach(async () => {
    await auth.login(CREDENTIALS);
    told.length = 0;
  });

  test('renewal comes uniformly within 50 to 95 % of the life', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), async (dice) => {
        jest.spyOn(Math, 'random').mockReturnValue(dice);
        await auth.refresh();
        const before = server.to(REFRESH).length;
        const due = 600 * (0.5 + 0.45 * dice);
        await pass(due - 0.01);
        expect(server.to(REFRESH)).toHaveLength(before);
        await pass(0.02);
        expect(server.to(REFRESH)).toHaveLength(before + 1);
      }),
      { numRuns: 50 },
    );
  });

  test.each(UNSURE)('%s signs nobody out, and is not repeated in a storm', async (_, answer) => {
    server.answers[REFRESH] = answer;
    const before = server.to(REFRESH).length;
    await pass(3600);
    expect([auth.user, told]).toEqual([USER, []]);
    // 60 s at most between two, half of it at least.
    const tries = server.to(REFRESH).length - before;
    expect(tries).toBeGreaterThan(3600 / 60 - 15);
    expect(tries).toBeLessThan(3600 / 30 + 10);
  });

  test('between failures the waits grow, and asking does not shorten them', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.999999);
    await auth.refresh();
    server.answers[REFRESH] = offline;
    const first = server.to(REFRESH).length;
    for (let second = 0; second < 700; second++) {
      await pass(1);
      await auth.accessToken().catch(() => undefined);
    }
    const times = server
      .to(REFRESH)
      .slice(first)
      .map(({ at }) => Math.round(at / 1000));
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(waits.slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60);
  });

  test('Retry-After is kept', async () => {
    server.answers[REFRESH] = () => problem(503, 'database_unavailable', { 'Retry-After': '45' });
    await expect(auth.refresh()).rejects.toMatchObject({ code: 'database_unavailable', retryAfter: 45 });
    const before = server.to(REFRESH).length;
    await pass(44);
    await expect(auth.refresh()).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(server.to(REFRESH)).toHaveLength(before);
    await pass(2);
    await auth.refresh().catch(() => undefined);
    expect(server.to(REFRESH)).toHaveLength(before + 1);
  });

  test('refresh_pending is waited out', async () => {
    let times = 0;
    server.answers[REFRESH] = () =>
      ++times < 4 ? problem(503, 'refresh_pending', { 'Retry-After': '5' }) : server.tokensAnswer();
    const renewed = auth.refresh();
    await pass(30);
    await expect(renewed).resolves.toEqual(USER);
    expect([times, told]).toEqual([4, []]);
  });

  test('a definite 401 signs out', async () => {
    server.answers[REFRESH] = () => problem(401, 'token_reused');
    await pass(600);
    expect([auth.user, auth.expiresIn, await auth.accessToken()]).toEqual([null, null, null]);
    expect(told).toEqual([[undefined, 'expired']]);
    const before = server.received.length;
    await pass(3600);
    expect(server.received).toHaveLength(before);
  });

  test('many who ask at once cause one refresh', async () => {
    const before = server.to(REFRESH).length;
    await Promise.all(Array.from({ length: 50 }, () => auth.refresh()));
    expect(server.to(REFRESH)).toHaveLength(before + 1);
  });

  test('after 20 s an answer is no longer waited for', async () => {
    server.answers[REFRESH] = never;
    const renewed = auth.refresh();
    renewed.catch(() => undefined);
    await pass(19.9);
    expect(server.to(REFRESH).at(-1)?.signal?.aborted).toBe(false);
    await pass(0.2);
    expect(server.to(REFRESH).at(-1)?.signal?.aborted).toBe(true);
    await expect(renewed).rejects.toMatchObject({ code: 'unreachable', status: 0 });
    expect(auth.user).toEqual(USER);
  });

  test('signing in calls off a refresh under way, and its answer is never taken', async () => {
    let answer: (late: Response) => void = () => undefined;
    server.answers[REFRESH] = () => new Promise((resolve) => (answer = resolve));
    const renewed = auth.refresh();
    await pass(1);
    server.answers['/login'] = () => server.tokensAnswer(600, { ...USER, email: 'grace@example.com' });
    await auth.login({ ...CREDENTIALS, email: 'grace@example.com' });
    expect(server.to(REFRESH).at(-1)?.signal?.aborted).toBe(true);
    answer(server.tokensAnswer());
    await pass(1);
    expect(auth.user?.email).toBe('grace@example.com');
    await expect(renewed).resolves.toMatchObject({ email: 'grace@example.com' });
    expect(await auth.accessToken()).toBe('token-2');
  });

  test('the life counts from when the request was sent, and never by the clock of this machine', async () => {
    server.answers[REFRESH] = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      return server.tokensAnswer(100);
    };
    const renewed = auth.refresh();
    await pass(10);
    await renewed;
    expect(auth.expiresIn).toBe(90);
    // Set back by a day: the monotonic clock knows better.
    jest.setSystemTime(Date.now() - 86_400_000);
    await pass(20);
    expect(auth.expiresIn).toBe(70);
  });

  test('a machine that slept does not think its token young', async () => {
    server.answers[REFRESH] = () => server.tokensAnswer(1000);
    jest.setSystemTime(Date.now() + 86_400_000);
    expect(auth.expiresIn).toBe(0);
    expect(await auth.accessToken()).toBe('token-2');
  });

  test('while the old token lasts, it serves although renewal fails; after that the failure is told', async () => {
    server.answers[REFRESH] = offline;
    await pass(590);
    expect(await auth.accessToken()).toBe('token-1');
    await pass(20);
    await expect(auth.accessToken()).rejects.toMatchObject({ code: 'unreachable' });
    expect(auth.user).toEqual(USER);
  });

  test('an account that looks different now is told', async () => {
    server.answers[REFRESH] = () => server.tokensAnswer(600, { ...USER, email_verified: true });
    await auth.refresh();
    expect(told).toEqual([['ada@example.com', 'updated']]);
  });

  test('signing out without a connection fails, and nobody is signed out', async () => {
    server.answers['/logout'] = offline;
    await expect(auth.logout()).rejects.toMatchObject({ code: 'unreachable' });
    expect([auth.user, told]).toEqual([USER, []]);
  });

  test('after signing out nothing is asked any more', async () => {
    await auth.logout();
    expect(told).toEqual([[undefined, 'logout']]);
    const before = server.received.length;
    await pass(86_400);
    expect(server.received).toHaveLength(before);
  });

  test('after close nothing is asked any more', async () => {
    auth.close();
    const before = server.received.length;
    await pass(86_400);
    expect(server.received).toHaveLength(before);
  });
});

test('a listener that was ended hears nothing', async () => {
  const heard: Reason[] = [];
  const end = auth.onChange((_, reason) => heard.push(reason));
  end();
  await auth.login(CREDENTIALS);
  expect([heard, told]).toEqual([[], [['ada@example.com', 'login']]]);
});
