import { codeOf } from '../test/support/totp.js';
import { connect } from './database.js';
import type { BenchServer } from './server.js';

/** Registers the first administrator, with an authenticator app. @returns an access token. */
export async function administrator(server: BenchServer, database: URL): Promise<string> {
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(new URL(path, server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    const [cookie = ''] = response.headers.getSetCookie().filter((line) => line.includes('refresh_token='));
    return { cookie: cookie.split(';')[0] ?? '', json: (await response.json()) as Record<string, string> };
  };
  const email = 'admin@example.com';
  const { json, cookie } = await post('/auth/registration', {
    email,
    password: 'marble cactus orbit lantern',
  });
  const bearer = { authorization: `Bearer ${json.access_token}` };
  const { json: setup } = await post('/auth/factors/totp', {}, bearer);
  await post('/auth/factors/totp/confirm', { code: codeOf(setup.secret ?? '', new Date()) }, bearer);
  const db = await connect(database);
  await db.query(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [email]);
  await db.end();
  return (await post('/auth/token/refresh', {}, { cookie })).json.access_token ?? '';
}
