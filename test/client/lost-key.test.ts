import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { Auth, Reason } from '../../client/src/index.js';
import { django, envelope } from '../../client/src/dialects.js';
import { type Answer, fakeTime, FarServer, pass, problem, realTime, USER } from './far-server.js';
import { PageOfBrowser } from './page-of-browser.js';

const CREDENTIALS = { email: USER.email, password: 'marble cactus orbit lantern' };
const REFRESH = '/token/refresh';
/** The longest that an honest browser goes without proofs: the quota of Chromium. **Unit** seconds. */
const HONEST = 9 * 60;
/** When the client knows at the latest: eleven minutes, and a last wait. **Unit** seconds. */
const KNOWN = 11 * 60 + 60;

let server: FarServer;
let page: PageOfBrowser;
let auth: Auth;
let told: [email: string | null | undefined, reason: Reason][];
beforeEach(() => {
  fakeTime();
  server = new FarServer();
  page = new PageOfBrowser('https://app.example.com/');
  auth = server.client();
  told = [];
  auth.onChange((user, reason) => told.push([user?.email, reason]));
});
afterEach(() => {
  auth.close();
  page.close();
  realTime();
});

const unproven: Answer = () => problem(403, 'device_proof_required');
const proven: Answer = () => server.tokensAnswer();
const elsewhere: [string, Answer][] = [
  ['a restart', () => problem(503, 'database_unavailable')],
  ['no connection', () => Promise.reject(new TypeError('Failed to fetch'))],
  ['a proxy', () => new Response('Bad gateway', { status: 502 })],
];

describe('a browser that has lost its key', () => {
  test('shows the sign-in after eleven minutes, and ends nothing', async () => {
    await auth.login(CREDENTIALS);
    told.length = 0;
    server.answers[REFRESH] = unproven;
    await pass(285 + HONEST);
    expect([auth.user, told]).toEqual([USER, []]);
    await pass(285 + KNOWN - HONEST);
    expect(told).toEqual([[undefined, 'unproven']]);
    expect([auth.user, auth.expiresIn, await auth.accessToken()]).toEqual([null, null, null]);
    await expect(auth.ready()).resolves.toBeNull();
    expect(new Set(server.received.map(({ path }) => path))).toEqual(new Set(['/login', REFRESH]));
  });

  test('is told so on page load too, which is not known until then', async () => {
    server.answers[REFRESH] = unproven;
    await expect(auth.ready()).rejects.toMatchObject({ code: 'device_proof_required' });
    await pass(HONEST);
    expect(told).toEqual([]);
    await pass(KNOWN - HONEST);
    expect([told, await auth.ready()]).toEqual([[[undefined, 'unproven']], null]);
  });

  test('hears it once, asks once a minute for hours, and is back when the key answers', async () => {
    server.answers[REFRESH] = unproven;
    await auth.ready().catch(() => undefined);
    await pass(KNOWN);
    const before = server.to(REFRESH).length;
    await pass(3 * 3600);
    expect(told).toEqual([[undefined, 'unproven']]);
    const tries = server.to(REFRESH).length - before;
    expect(tries).toBeGreaterThan(3 * 60 - 10);
    expect(tries).toBeLessThan(3 * 160);
    server.answers[REFRESH] = proven;
    await pass(61);
    expect([auth.user, told.at(-1)]).toEqual([USER, ['ada@example.com', 'restored']]);
  });

  test('signs in again as anybody does', async () => {
    server.answers[REFRESH] = unproven;
    await auth.ready().catch(() => undefined);
    await pass(KNOWN);
    server.answers[REFRESH] = proven;
    await auth.login(CREDENTIALS);
    expect(told.at(-1)).toEqual(['ada@example.com', 'login']);
    const before = server.to(REFRESH).length;
    await pass(280);
    expect(server.to(REFRESH)).toHaveLength(before);
  });

  test('keeps a token that still works', async () => {
    server.answers['/login'] = () => server.tokensAnswer(3600);
    await auth.login(CREDENTIALS);
    told.length = 0;
    server.answers[REFRESH] = unproven;
    await pass(3599);
    expect([await auth.accessToken(), auth.user, told]).toEqual(['token-1', USER, []]);
    await pass(KNOWN);
    expect(told).toEqual([[undefined, 'unproven']]);
  });

  test('is back at once in each tab when one of them signs in', async () => {
    const other = server.client();
    try {
      server.answers[REFRESH] = unproven;
      await Promise.all([auth, other].map((tab) => tab.ready().catch(() => undefined)));
      await pass(KNOWN);
      expect([auth.user, other.user, told]).toEqual([null, null, [[undefined, 'unproven']]]);
      server.answers[REFRESH] = proven;
      await other.login(CREDENTIALS);
      for (let turns = 0; turns < 50 && told.length < 2; turns++) await new Promise(setImmediate);
      expect([auth.user, told.at(-1)]).toEqual([USER, ['ada@example.com', 'other-tab']]);
    } finally {
      other.close();
    }
  });

  test.each([
    ['django', django, { detail: 'A proof is missing.', code: 'device_proof_required' }],
    ['envelope', envelope, { code: 403, error: 'device_proof_required', message: 'A proof is missing.' }],
  ])('knows it in the dialect %s', async (_, dialect, body) => {
    const client = server.client({ dialect });
    try {
      const reasons: Reason[] = [];
      client.onChange((_user, reason) => reasons.push(reason));
      server.answers[REFRESH] = () => Response.json(body, { status: 403 });
      await client.ready().catch(() => undefined);
      await pass(KNOWN);
      expect(reasons).toEqual(['unproven']);
    } finally {
      client.close();
    }
  });
});

describe('an honest user is not shown the sign-in', () => {
  test('sooner, where a connection that comes and goes makes the client try early', async () => {
    server.answers[REFRESH] = unproven;
    await auth.ready().catch(() => undefined);
    for (let tries = 0; tries < HONEST / 3; tries++) {
      page.online();
      await pass(3);
    }
    expect(server.to(REFRESH).length).toBeGreaterThan(100);
    expect(told).toEqual([]);
  });

  test('sooner, where another tab signs in again and again', async () => {
    const other = server.client();
    try {
      server.answers[REFRESH] = unproven;
      await auth.ready().catch(() => undefined);
      for (let times = 0; times < 60; times++) {
        await other.login(CREDENTIALS);
        await pass(2);
      }
      expect(told).toEqual([]);
    } finally {
      other.close();
    }
  });

  test('by any refusals for nine minutes, however often, with other answers in between', async () => {
    const spell = fc.record({
      seconds: fc.integer({ min: 1, max: HONEST }),
      then: fc.constantFrom(proven, ...elsewhere.map(([, answer]) => answer)),
      asks: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(spell, { minLength: 1, maxLength: 6 }), async (spells) => {
        server.answers[REFRESH] = proven;
        await auth.login(CREDENTIALS);
        told.length = 0;
        for (const { seconds, then, asks } of spells) {
          server.answers[REFRESH] = unproven;
          // As of the first refusal.
          await auth.refresh().catch(() => undefined);
          if (asks) await auth.fetch('https://app.example.com/api').catch(() => undefined);
          await pass(seconds);
          server.answers[REFRESH] = then;
          // One answer of another kind at least.
          await pass(61);
        }
        expect([auth.user, told]).toEqual([USER, []]);
      }),
      { numRuns: 40 },
    );
  });

  test.each(elsewhere)('by %s, for hours', async (_, answer) => {
    await auth.login(CREDENTIALS);
    told.length = 0;
    let turn = 0;
    server.answers[REFRESH] = (received) => (++turn % 8 === 0 ? answer : unproven)(received);
    await pass(6 * 3600);
    expect([auth.user, told]).toEqual([USER, []]);
  });

  test('by a night between two refusals', async () => {
    await auth.login(CREDENTIALS);
    told.length = 0;
    server.answers[REFRESH] = unproven;
    await pass(600 + 60);
    jest.setSystemTime(Date.now() + 8 * 3600 * 1000);
    await pass(120);
    expect([auth.user, told]).toEqual([USER, []]);
    server.answers[REFRESH] = proven;
    await pass(61);
    expect(await auth.accessToken()).toBe('token-2');
  });
});
