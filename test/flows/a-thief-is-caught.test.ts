import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { type Answer, attributesOf, type Browser } from '../support/browser.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const refresh = (browser: Browser) => browser.refresh();
const outcome = ({ status, body }: Answer) => [status, body.code];

/** Nobody gets in any more, with whatever they hold. */
async function expectOver(...holders: Browser[]): Promise<void> {
  for (const holder of holders) {
    expect(outcome(await refresh(holder))).toEqual([
      401,
      expect.stringMatching(/^(token_blacklisted|refresh_missing)$/),
    ]);
    expect(outcome(await holder.get('/auth/session'))).toEqual([401, 'token_blacklisted']);
  }
}

const reasonOfLastEnd = async () =>
  (await app.sql<{ reason: string }>('SELECT reason FROM tokenjar.blacklist ORDER BY id DESC LIMIT 1'))[0]
    ?.reason;

describe('a second holder of a refresh token', () => {
  test('ends the session for both with a token two generations old', async () => {
    const victim = await app.signedUp();
    const thief = await victim.copy();
    thief.accessToken = victim.accessToken;
    for (let i = 0; i < 2; i++) {
      app.clock.pastRotation();
      expect((await refresh(victim)).status).toBe(200);
    }
    const caught = await refresh(thief);
    expect(outcome(caught)).toEqual([401, 'token_reused']);
    expect(attributesOf(caught.setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
    await expectOver(victim, thief);
    expect(await reasonOfLastEnd()).toBe('reuse_ancestor');
  });

  test('who comes late displaces the victim, whose next refresh ends the session', async () => {
    const victim = await app.signedUp();
    const thief = await victim.copy();
    app.clock.pastRotation();
    expect((await refresh(victim)).status).toBe(200);
    // After grace and wait the parent is reissued: the victim's token is an orphan now.
    app.clock.advance(101);
    expect((await refresh(thief)).status).toBe(200);
    app.clock.advance(60);
    expect(outcome(await refresh(victim))).toEqual([401, 'token_reused']);
    await expectOver(victim, thief);
    expect(await reasonOfLastEnd()).toBe('reuse_orphan');
  });

  test('who rotates first is displaced or caught at the victim’s next refresh', async () => {
    const victim = await app.signedUp();
    const thief = await victim.copy();
    app.clock.pastRotation();
    expect((await refresh(thief)).status).toBe(200);
    app.clock.pastRotation();
    expect((await refresh(thief)).status).toBe(200);
    expect(outcome(await refresh(victim))).toEqual([401, 'token_reused']);
    await expectOver(thief);
  });

  test('does not affect the user’s session on another device', async () => {
    const victim = await app.signedUp();
    const elsewhere = app.browser();
    await elsewhere.post('/auth/login', { email: victim.email, password: PASSWORD });
    const thief = await victim.copy();
    for (let i = 0; i < 2; i++) {
      app.clock.pastRotation();
      await refresh(victim);
    }
    expect(outcome(await refresh(thief))).toEqual([401, 'token_reused']);
    expect((await refresh(elsewhere)).status).toBe(200);
    expect((await elsewhere.get('/auth/session')).status).toBe(200);
  });

  test('ends the session once, with twenty concurrent old copies', async () => {
    const victim = await app.signedUp();
    const thieves = await Promise.all(Array.from({ length: 20 }, () => victim.copy()));
    for (let i = 0; i < 2; i++) {
      app.clock.pastRotation();
      await refresh(victim);
    }
    const before = await app.sql('SELECT 1 FROM tokenjar.blacklist');
    const codes = (await Promise.all(thieves.map(refresh))).map(({ body }) => body.code);
    expect(codes).toContain('token_reused');
    expect(codes.filter((code) => code !== 'token_reused' && code !== 'token_blacklisted')).toEqual([]);
    expect(await app.sql('SELECT 1 FROM tokenjar.blacklist')).toHaveLength(before.length + 1);
    await expectOver(victim);
  });
});

describe('the strict profile', () => {
  let strict: TestApp;
  beforeAll(async () => {
    strict = await startApp({ refreshGrace: '0s' });
  });
  afterAll(() => strict.close());

  test('rotates at every refresh, and ends the session at any second use', async () => {
    const browser = await strict.signedUp();
    const tab = await browser.copy();
    const first = await refresh(browser);
    expect(first.setCookie).toHaveLength(1);
    expect((await refresh(browser)).setCookie).toHaveLength(1);
    expect(outcome(await refresh(tab))).toEqual([401, 'token_reused']);
    expect(outcome(await refresh(browser))).toEqual([401, 'token_blacklisted']);
    expect(strict.log.join('\n')).toContain('REFRESH_GRACE=0s');
  });
});

describe('without rotation', () => {
  let unrotated: TestApp;
  beforeAll(async () => {
    unrotated = await startApp({ rotateRefreshTokens: false });
  });
  afterAll(() => unrotated.close());

  test('keeps the token until it expires, without writing', async () => {
    const browser = await unrotated.signedUp();
    const before = await unrotated.sql('SELECT *, xmin::text FROM tokenjar.sessions');
    for (let day = 0; day < 13; day++) {
      unrotated.clock.advance(86_400);
      const answer = await refresh(browser);
      expect([answer.status, answer.setCookie]).toEqual([200, []]);
    }
    expect(await unrotated.sql('SELECT *, xmin::text FROM tokenjar.sessions')).toEqual(before);
    unrotated.clock.advance(86_400);
    const cookie = `refresh_token=${await browser.refreshCookie()}`;
    expect(outcome(await browser.post('/auth/token/refresh', undefined, { cookie }))).toEqual([
      401,
      'token_expired',
    ]);
    await browser.post('/auth/logout', undefined, { cookie });
  });
});
