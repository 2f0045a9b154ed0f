import { describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';

/** What is refused before anything was done for it uses up nobody's quota but its own. */

async function withApp(settings: TokenjarInput, use: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startApp({ rateLimit: true, ...settings });
  try {
    await use(app);
  } finally {
    await app.close();
  }
}

const told = ({ status, body }: Answer) => [status, body.code];

describe('a registration', () => {
  const REFUSED: [string, () => object][] = [
    ['a password that is too short', () => ({ email: uniqueEmail(), password: 'short' })],
    ['a common password', () => ({ email: uniqueEmail(), password: 'qwertyuiop123456' })],
    ['the address as password', () => ({ email: 'somebody@example.com', password: 'somebody@example.com' })],
    ['no address', () => ({ email: 'nowhere', password: PASSWORD })],
    ['no password', () => ({ email: uniqueEmail() })],
    ['nothing', () => ({})],
  ];

  test.each(REFUSED)('%s, twenty times, does not prevent a valid one', (_what, input) =>
    withApp({ limitRegistrationNetwork: '2/1h' }, async (app) => {
      const post = (json: object) => app.browser().post('/auth/registration', json);
      const statuses = new Set<number>();
      for (let i = 0; i < 20; i++) statuses.add((await post(input())).status);
      expect([...statuses]).toEqual([400]);
      expect((await post({ email: uniqueEmail(), password: PASSWORD })).status).toBe(201);
    }),
  );

  test('the same address can be tried until the password is accepted', () =>
    withApp({ limitRegistrationAccount: '1/1h' }, async (app) => {
      const email = uniqueEmail();
      const post = (password: string) => app.browser().post('/auth/registration', { email, password });
      for (let i = 0; i < 10; i++) expect((await post('short')).status).toBe(400);
      expect((await post(PASSWORD)).status).toBe(201);
    }));

  test('refused ones have a separate, higher limit', () =>
    withApp({ limitRegistrationAttemptsNetwork: '5/10m' }, async (app) => {
      const post = (json: object) => app.browser().post('/auth/registration', json);
      for (let i = 0; i < 5; i++)
        expect((await post({ email: uniqueEmail(), password: 'short' })).status).toBe(400);
      expect(told(await post({ email: uniqueEmail(), password: 'short' }))).toEqual([429, 'rate_limited']);
    }));
});

test.each([
  ['/auth/password/reset', { limitResetNetwork: '1/1h' }],
  ['/auth/registration/resend-email', { limitVerificationNetwork: '1/1h' }],
] as [string, TokenjarInput][])('%s: requests without an address are not counted', (path, settings) =>
  withApp(settings, async (app) => {
    const post = (json: object) => app.browser().post(path, json);
    for (const email of ['nowhere', '', 7, undefined])
      for (let i = 0; i < 3; i++) expect(told(await post({ email }))).toEqual([400, 'input_invalid']);
    expect((await post({ email: uniqueEmail() })).status).toBe(200);
    expect(told(await post({ email: uniqueEmail() }))).toEqual([429, 'rate_limited']);
  }),
);

test('refreshes without a token are not failures, however many there are', () =>
  withApp({ limitRefreshNetwork: '3/1m' }, async (app) => {
    const refresh = (cookie?: string) =>
      app.browser().post('/auth/token/refresh', undefined, cookie === undefined ? {} : { cookie });
    for (let i = 0; i < 10; i++) expect(told(await refresh())).toEqual([401, 'refresh_missing']);
    for (let i = 0; i < 3; i++)
      expect(told(await refresh('refresh_token=junk'))).toEqual([401, 'token_invalid']);
    expect(told(await refresh('refresh_token=junk'))).toEqual([429, 'rate_limited']);
    expect(told(await refresh())).toEqual([401, 'refresh_missing']);
    const user = await app.signedUp();
    expect((await user.refresh()).status).toBe(200);
  }));
