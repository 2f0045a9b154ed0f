import { v7 as uuidv7 } from 'uuid';
import { digestOfApiKey, newApiKey } from '../../src/tokens/api-key.js';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { type Member, giveRoles, memberOf } from './admin.js';
import type { TestApp } from './app.js';
import { type Answer, Browser } from './browser.js';

/** An API key, and a client that sends it. */
export interface Key {
  id: string;
  key: string;
  browser: Browser;
}

/** A client without cookies that sends a text as Bearer. */
export const bearer = (url: string, text: string): Browser =>
  Object.assign(new Browser(url), { accessToken: text });

/** Somebody with a role that has these permissions. */
export async function memberWith(app: TestApp, ...permissions: string[]): Promise<Member> {
  const user = await memberOf(app);
  const role = `role of ${user.id}`;
  await app.app.get(RoleChanges, { strict: false }).set({ name: role, permissions });
  await giveRoles(app, user, role);
  await user.refresh();
  return user;
}

export const createKey = (user: Browser, more: object = {}): Promise<Answer> =>
  user.post('/auth/keys', { name: 'Nightly export', ...more });

export async function keyOf(app: TestApp, user: Browser, more: object = {}): Promise<Key> {
  const { status, body, text } = await createKey(user, more);
  if (status !== 201) throw new TypeError(`no key: ${text}`);
  const { id, key } = body as { id: string; key: string };
  return { id, key, browser: bearer(app.url, key) };
}

/** An API key that nobody had to sign in for. */
export async function storedKey(app: TestApp, userId: number, ...scopes: string[]): Promise<string> {
  const key = newApiKey();
  const now = app.clock.now();
  await app.sql(
    `INSERT INTO tokenjar.api_keys (id, user_id, name, digest, scopes, created_at, expires_at)
     VALUES ($1, $2, 'of a test', $3, $4, $5, $6)`,
    [uuidv7(), userId, digestOfApiKey(key), scopes, now, new Date(now.getTime() + 365 * 86_400_000)],
  );
  return key;
}
