import { SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { type Claims, claimsOf, mint } from './play.js';

export const PASSWORD = 'tr0ub4dor&3x-Lisbon';
export const CHALLENGE = 'Bearer realm="api"';

/** A server that stands in for simplejwt and dj-rest-auth. */
export const startDjango = (settings: TokenjarInput = {}): Promise<TestApp> =>
  startApp({ dialect: 'django', algorithm: 'HS256', refreshGrace: '0s', ...settings });

/** Somebody with an account and a session. */
export interface Member {
  browser: Browser;
  email: string;
  access: string;
  refresh: string;
}

/** Registers and signs in; the cookie is in the jar, the access token is sent with every request. */
export async function member(app: TestApp): Promise<Member> {
  const email = uniqueEmail();
  const made = await app
    .browser()
    .post('/auth/registration/', { email, password1: PASSWORD, password2: PASSWORD });
  if (made.status !== 201) throw new Error(`registration answered ${made.status}: ${made.text}`);
  const browser = app.browser();
  const { body } = await browser.post('/auth/token/', { email, password: PASSWORD });
  const access = String(body.access);
  browser.accessToken = access;
  const refresh = (await browser.refreshCookie()) ?? String(body.refresh);
  return { browser, email, access, refresh };
}

/** A token with other claims, signed with the key that is shared. */
export const forged = (token: string, change: Claims = {}, header?: Claims, key = SECRET_KEY): string =>
  mint({ ...claimsOf(token), ...change }, key, header);
