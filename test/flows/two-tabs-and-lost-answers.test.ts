import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { type Answer, attributesOf, type Browser } from '../support/browser.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const refresh = (browser: Browser) => browser.refresh();
const cookieOf = (answer: Answer) => /refresh_token=([^;]+)/.exec(answer.setCookie[0] ?? '')?.[1];
const rows = (): Promise<{ generation: number; parent_generation: number }[]> =>
  app.sql(
    'SELECT generation, parent_generation FROM tokenjar.sessions ORDER BY created_at DESC, id DESC LIMIT 1',
  );

describe('an honest user is never signed out', () => {
  test('a recent token is kept: no cookie, no write', async () => {
    const browser = await app.signedUp();
    app.clock.advance(119);
    const answer = await refresh(browser);
    expect(answer.status).toBe(200);
    expect(answer.setCookie).toEqual([]);
    expect(await rows()).toEqual([{ generation: 1, parent_generation: 0 }]);
  });

  test('twenty concurrent tabs get twenty responses and the same cookie', async () => {
    const browser = await app.signedUp();
    app.clock.pastRotation();
    const tabs = await Promise.all(Array.from({ length: 20 }, () => browser.copy()));
    const answers = await Promise.all(tabs.map(refresh));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(cookieOf)).size).toBe(1);
    expect(cookieOf(answers[0] as Answer)).toBeDefined();
    expect(await rows()).toEqual([{ generation: 2, parent_generation: 1 }]);
  });

  test('a lost response is repeated unchanged for 30 seconds', async () => {
    const browser = await app.signedUp();
    app.clock.pastRotation();
    const lost = await browser.copy();
    const first = await refresh(browser);
    app.clock.advance(30);
    const again = await refresh(lost);
    expect(again.status).toBe(200);
    expect(cookieOf(again)).toBe(cookieOf(first));
    // The rest of its life, not a new one.
    expect(attributesOf(first.setCookie[0] ?? '')['max-age']).toBe('1209600');
    expect(attributesOf(again.setCookie[0] ?? '')['max-age']).toBe(String(1_209_600 - 30));
  });

  test('a later retry has to wait, and then gets another token, within the same row', async () => {
    const browser = await app.signedUp();
    app.clock.pastRotation();
    const lost = await browser.copy();
    const first = await refresh(browser);
    app.clock.advance(31);
    const waiting = await refresh(lost);
    expect([waiting.status, waiting.body.code]).toEqual([503, 'refresh_pending']);
    expect(waiting.headers.get('retry-after')).toBe('5');
    expect(waiting.setCookie).toEqual([]);
    // The longest wait: grace 30 + 2 × 20 + 1.5 × 20.
    app.clock.advance(100 - 31 + 1);
    const reissued = await refresh(lost);
    expect(reissued.status).toBe(200);
    expect(cookieOf(reissued)).not.toBe(cookieOf(first));
    expect(await rows()).toEqual([{ generation: 3, parent_generation: 1 }]);
    app.clock.pastRotation();
    expect((await refresh(lost)).status).toBe(200);
  });

  test('twenty concurrent reissues get the same cookie', async () => {
    const browser = await app.signedUp();
    app.clock.pastRotation();
    const lost = await browser.copy();
    await refresh(browser);
    app.clock.advance(101);
    const tabs = await Promise.all(Array.from({ length: 20 }, () => lost.copy()));
    const answers = await Promise.all(tabs.map(refresh));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(cookieOf)).size).toBe(1);
    expect(await rows()).toEqual([{ generation: 3, parent_generation: 1 }]);
  });

  test('a restored database adopts the newer token that it had issued', async () => {
    const browser = await app.signedUp();
    for (let i = 0; i < 3; i++) {
      app.clock.pastRotation();
      expect((await refresh(browser)).status).toBe(200);
    }
    await app.sql(`UPDATE tokenjar.sessions SET generation = 2, parent_generation = 1,
      rotated_at = rotated_at - interval '242 seconds' WHERE generation = 4`);
    const late = await browser.copy();
    const adopted = await refresh(browser);
    // It is the current one again, as it was.
    expect([adopted.status, cookieOf(adopted)]).toEqual([200, undefined]);
    expect(await rows()).toEqual([{ generation: 4, parent_generation: 3 }]);
    app.clock.pastRotation();
    expect((await refresh(browser)).status).toBe(200);

    await app.sql('UPDATE tokenjar.sessions SET generation = 3, parent_generation = 2 WHERE generation = 5');
    app.clock.pastRotation();
    expect(cookieOf(await refresh(browser))).toBeDefined();
    expect(await rows()).toEqual([{ generation: 6, parent_generation: 5 }]);
    const thief = await refresh(late);
    expect([thief.status, thief.body.code]).toEqual([401, 'token_reused']);
  });

  test('a database that goes back twice signs out neither of two tabs', async () => {
    const browser = await app.signedUp();
    const before = await browser.copy();
    app.clock.pastRotation();
    await refresh(browser);
    const lost = await browser.copy();
    const setBack = `UPDATE tokenjar.sessions SET generation = 1, parent_generation = 0,
      rotated_at = rotated_at - interval '130 seconds' WHERE generation = 2`;
    await app.sql(setBack);
    app.clock.advance(1);
    // The request of another tab waited for the database, and its answer is lost.
    expect((await refresh(before)).status).toBe(200);
    app.clock.advance(300);
    expect(cookieOf(await refresh(browser))).toBeDefined();
    expect(await rows()).toEqual([{ generation: 3, parent_generation: 2 }]);
    // Whoever has the other token of that number is still seen through.
    app.clock.advance(101);
    expect((await refresh(before)).status).toBe(200);
    const other = await refresh(browser);
    expect([other.status, other.body.code]).toEqual([401, 'token_reused']);
    expect((await refresh(lost)).status).toBe(401);
  });

  test('of two tokens with the same generation the newer one is adopted', async () => {
    const browser = await app.signedUp();
    app.clock.pastRotation();
    await refresh(browser);
    await app.sql(
      `UPDATE tokenjar.sessions SET rotated_at = rotated_at - interval '10 seconds' WHERE generation = 2`,
    );
    const adopted = await refresh(browser);
    expect([adopted.status, cookieOf(adopted)]).toEqual([200, undefined]);
    expect(await rows()).toEqual([{ generation: 2, parent_generation: 1 }]);
  });

  test('an adopted token of a reissue has the parent that it replaced', async () => {
    const browser = await app.signedUp();
    const before = await browser.copy();
    app.clock.pastRotation();
    await refresh(await browser.copy());
    app.clock.advance(101);
    await refresh(browser);
    await app.sql(`UPDATE tokenjar.sessions SET generation = 2, parent_generation = 1,
      rotated_at = rotated_at - interval '101 seconds' WHERE generation = 3`);
    expect(cookieOf(await refresh(browser))).toBeUndefined();
    expect(await rows()).toEqual([{ generation: 3, parent_generation: 1 }]);
    // A tab whose request with the parent comes late gets the same bytes.
    const repeated = await refresh(before);
    expect([repeated.status, cookieOf(repeated)]).toEqual([200, await browser.refreshCookie()]);
  });
});

describe('lifetimes', () => {
  test('every rotation restarts the idle lifetime, up to 30 days in total', async () => {
    const browser = await app.signedUp();
    app.clock.advance(13 * 86_400);
    expect((await refresh(browser)).status).toBe(200);
    app.clock.advance(13 * 86_400);
    expect((await refresh(browser)).status).toBe(200);
    // 30 days in all: however often it is used.
    app.clock.advance(4 * 86_400);
    const over = await refresh(browser);
    expect([over.status, over.body.code]).toEqual([401, 'token_expired']);
  });

  test('an expired token is token_expired, and its cookie is cleared', async () => {
    const browser = await app.signedUp();
    const cookie = `refresh_token=${await browser.refreshCookie()}`;
    app.clock.advance(14 * 86_400);
    const over = await browser.post('/auth/token/refresh', undefined, { cookie });
    expect([over.status, over.body.code]).toEqual([401, 'token_expired']);
    expect(attributesOf(over.setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
  });

  test('a refresh contains the current roles', async () => {
    const browser = await app.signedUp();
    await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [browser.email]);
    expect((await refresh(browser)).body.user).toMatchObject({ roles: ['admin'] });
    expect((await browser.get('/auth/session')).body.roles).toEqual(['admin']);
  });

  test('a deactivated user is refused, keeps the cookie, and can go on once activated', async () => {
    const browser = await app.signedUp();
    const activate = (isActive: boolean) =>
      app.sql('UPDATE tokenjar.users SET is_active = $2 WHERE email = $1', [browser.email, isActive]);
    await activate(false);
    for (const age of [0, 121]) {
      app.clock.advance(age);
      const refused = await refresh(browser);
      expect([refused.status, refused.body.code, refused.setCookie]).toEqual([401, 'user_inactive', []]);
    }
    await activate(true);
    expect((await refresh(browser)).status).toBe(200);
  });
});
