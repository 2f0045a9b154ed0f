import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';

/** A refusal of the first question would put a red line into the console of every visitor: the page may ask for none. */
describe.each(
  (['standard', 'django', 'django-legacy', 'envelope'] as const).flatMap((dialect) =>
    (['cookie', 'body', 'both'] as const).map((refreshTokenIn) => [dialect, refreshTokenIn] as const),
  ),
)('%s, refresh token in %s', (dialect, refreshTokenIn) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ dialect, refreshTokenIn, limitRefreshNetwork: '2/1h', rateLimit: true });
  });
  afterAll(() => app.close());

  const refresh = (send: Parameters<ReturnType<TestApp['browser']>['send']>[2]) =>
    app.browser().send('POST', '/auth/token/refresh', send);

  test.each([
    ['a form', { form: { optional: 'true' } }],
    ['JSON', { json: { optional: true } }],
    ['JSON of a form', { json: { optional: 'true' } }],
  ])('answers 204 to %s while nobody is signed in, however often', async (_how, send) => {
    for (let i = 0; i < 4; i++) {
      const { status, text, setCookie, headers } = await refresh(send);
      expect([status, text, setCookie, headers.get('cache-control')]).toEqual([204, '', [], 'no-store']);
    }
  });

  test.each([[{}], [{ json: {} }], [{ json: { optional: false } }], [{ form: { optional: '' } }]])(
    'a refusal to one who does not: %j',
    async (send) => {
      const { status } = await refresh(send);
      expect([400, 401, 429]).toContain(status);
    },
  );
});

describe('a visitor with a token gets the usual response', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('200 for a valid one, 401 for an invalid one', async () => {
    const user = await app.signedUp();
    const send = { form: { optional: 'true' } };
    expect((await user.send('POST', '/auth/token/refresh', send)).status).toBe(200);
    const bad = await app
      .browser()
      .send('POST', '/auth/token/refresh', { ...send, cookie: 'refresh_token=junk' });
    expect([bad.status, bad.body.code]).toEqual([401, 'token_invalid']);
  });
});
