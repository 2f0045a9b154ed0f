import type { TestApp } from './app.js';
import type { Answer, Browser } from './browser.js';

/** The public addresses of servers that sign in with providers. Nothing resolves them: a test sends where they lead. */
export const PUBLIC_URL = 'http://tokenjar.test';
export const FRONTEND_URL = 'http://app.test';

export const redirectUri = (id: string): string => `${PUBLIC_URL}/auth/providers/${id}/callback`;

/** Goes to a provider. @returns the address of the provider. */
export async function start(browser: Browser, id: string, more: object = {}): Promise<string> {
  const input = { return_to: '/welcome', purpose: 'login', ...more };
  const { status, body, text } = await browser.post(`/auth/providers/${id}/start`, input);
  if (status !== 200) throw new Error(`the start answered ${status}: ${text}`);
  return String(body.url);
}

/** Comes back from a provider, with the cookies that browsers send then: none that is Strict. */
export async function comeBack(browser: Browser, address: string): Promise<Answer> {
  const { origin, pathname, search } = new URL(address);
  if (origin !== PUBLIC_URL) throw new Error(`the provider sends to ${address}`);
  const cookie = await browser.jar.getCookieString(browser.base + pathname, { sameSiteContext: 'lax' });
  return browser.get(pathname + search, { cookie, headers: { 'sec-fetch-site': 'cross-site' } });
}

/** The fragment that a browser is sent back with; the whole address if it is another page than the usual one. */
export function outcomeOf({ status, headers, text }: Answer): string {
  if (status !== 303) throw new Error(`the callback answered ${status}: ${text}`);
  const location = headers.get('location') ?? '';
  return location.startsWith(`${FRONTEND_URL}/welcome#`) ? (location.split('#')[1] ?? '') : location;
}

export const identitiesOf = async (app: TestApp, email: string): Promise<string[]> => {
  const rows = await app.sql<{ subject: string }>(
    `SELECT subject FROM tokenjar.identities i JOIN tokenjar.users u ON u.id = i.user_id WHERE u.email = $1`,
    [email],
  );
  return rows.map(({ subject }) => subject);
};
