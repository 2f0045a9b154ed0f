import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';

/** Attacks on sign-ins with an emailed code, by somebody without the mailbox, and without limits (`RATE_LIMIT=off`). */

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ emailCodeLogin: true, mailer: { send: () => Promise.resolve() } });
});
afterAll(() => app.close());

const ask = (browser: Browser, email: string) => browser.post('/auth/login/code', { email });
const guess = (browser: Browser) => browser.post('/auth/login/code/confirm', { code: '00000000' });

test.each([
  ['a browser that asks again and again', true],
  ['a new browser each time', false],
])('%s has as many guesses in ten minutes as the codes that may wait', async (_, isOne) => {
  const { email } = await app.verified();
  const one = app.browser();
  let judged = 0;
  let refused = 0;
  for (let i = 0; i < 40; i++) {
    const browser = isOne ? one : app.browser();
    const asked = await ask(browser, email);
    if (asked.body.code === 'rate_limited') refused++;
    // No more than five: the next answer would clear the cookie that names the code before.
    for (let j = 0; j < 5; j++) {
      const { body } = await guess(browser);
      if (body.code === 'code_wrong') judged++;
      else break;
    }
  }
  expect([judged, refused]).toEqual([150, 10]);
  // Others are not concerned, and the owner has to wait no longer than that.
  expect((await ask(app.browser(), uniqueEmail())).status).toBe(200);
  app.clock.advance(600);
  expect((await ask(app.browser(), email)).status).toBe(200);
});
