import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as oauth from 'openid-client';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { adminOf, giveRoles, type Member, memberOf } from '../support/admin.js';
import { bearer, type Key, keyOf, memberWith } from '../support/api-keys.js';
import { startApp, type TestApp } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { readPart } from '../support/jwt.js';
import { expectProblem } from '../support/problem.js';

const BASE = 'http://auth.example/accounts';

let database: TestDatabase;
let app: TestApp;
let key: Key;
let client: oauth.Configuration;
beforeAll(async () => {
  database = await createDatabase();
  app = await startApp({ apiKeys: true, publicUrl: BASE, issuer: BASE }, database);
  key = await keyOf(app, await memberWith(app, 'introspect'), {
    scopes: ['introspect'],
    expires_in: 366 * 86_400,
  });
  client = await oauth.discovery(new URL(BASE), 'any name', key.key, oauth.ClientSecretBasic(key.key), {
    algorithm: 'oauth2',
    execute: [oauth.allowInsecureRequests],
    // What a proxy would do. It looks for the document of an issuer with a path between host and path.
    [oauth.customFetch]: (url, options) =>
      fetch(
        url
          .replace(
            'http://auth.example/.well-known/oauth-authorization-server/accounts',
            `${BASE}/.well-known/oauth-authorization-server`,
          )
          .replace(BASE, app.url),
        options as RequestInit,
      ),
  });
}, 60_000);
afterAll(async () => {
  await app.close();
  await database.drop();
});

const ask = (token: string) => oauth.tokenIntrospection(client, token);
const sent = (token: string, by: Browser = key.browser) =>
  new Browser(app.url).post('/auth/introspect', undefined, {
    form: { token },
    headers: headersOf(by.accessToken),
  });
const headersOf = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };
const tokenOf = ({ accessToken = '' }: Browser): string => accessToken;

describe('introspection, as openid-client does it', () => {
  test('knows an access token that is active, with all that it says', async () => {
    const user = await memberWith(app, 'orders:read');
    const answer = await ask(tokenOf(user));
    const claims = readPart(tokenOf(user), 1);
    expect(answer).toEqual({ ...claims, active: true, token_type: 'Bearer' });
    expect(answer).toMatchObject({ sub: String(user.id), scope: 'orders:read', iss: BASE });
  });

  test('knows API keys, and access tokens from them', async () => {
    const user = await memberWith(app, 'orders:read');
    const its = await keyOf(app, user, { scopes: ['orders:read'] });
    const facts = { active: true, sub: String(user.id), scope: 'orders:read', client_id: its.id };
    expect(await ask(its.key)).toMatchObject({ ...facts, token_type: 'Bearer' });
    await its.browser.post('/auth/keys/token');
    expect(await ask(tokenOf(its.browser))).toMatchObject(facts);
    await user.delete(`/auth/keys/${its.id}`);
    for (const token of [its.key, tokenOf(its.browser)]) expect(await ask(token)).toEqual({ active: false });
  });

  test.each<[string, (user: Member) => unknown]>([
    ['a sign-out', (user) => user.post('/auth/logout')],
    ['other roles', (user) => giveRoles(app, user)],
    ['a deactivation', ({ id }) => app.app.get(SessionEnding).deactivateUser(id)],
    ['its expiry', () => app.clock.advance(700)],
  ])('sees %s, and says nothing more', async (_, end) => {
    const user = await memberWith(app, 'orders:read');
    expect((await ask(tokenOf(user))).active).toBe(true);
    await end(user);
    expect((await sent(tokenOf(user))).text).toBe('{"active":false}');
  });

  test('says the same of whatever else there is', async () => {
    const user = await memberOf(app);
    const [head, body] = tokenOf(user).split('.');
    const others = ['x', 'tjk_x', `${head}.${body}.`, 'é'.repeat(100), (await user.refreshCookie()) ?? ''];
    for (const token of others) expect((await sent(token)).text).toBe('{"active":false}');
  });

  test('is for keys with the permission, and for nobody else', async () => {
    const user = await memberWith(app, 'introspect');
    const plain = await keyOf(app, user);
    const token = tokenOf(user);
    for (const path of ['/auth/introspect', '/auth/revoke'])
      for (const [by, code] of [
        [app.browser(), 'access_missing'],
        [user, 'token_wrong_type'],
        [plain.browser, 'insufficient_scope'],
        [bearer(app.url, 'tjk_x'), 'token_invalid'],
      ] as const) {
        expectProblem(
          await app.browser().post(path, undefined, { form: { token }, headers: headersOf(by.accessToken) }),
          code,
        );
      }
    const basic = await app
      .browser()
      .post('/auth/introspect', undefined, { form: { token }, headers: { authorization: 'Basic eA==' } });
    expectProblem(basic, 'bad_authorization_header');
    // RFC 6749 §5.2.
    expect(basic.headers.get('www-authenticate')).toBe('Basic realm="api"');
    expect((await user.get('/auth/session')).status).toBe(200);
    expectProblem(await key.browser.post('/auth/introspect', {}), 'input_invalid');
    expectProblem(await key.browser.post('/auth/introspect', { token: ['x'] }), 'input_invalid');
  });
});

describe('revocation, as openid-client does it', () => {
  test.each(['access', 'refresh'])('of an %s token ends the session', async (kind) => {
    const user = await memberOf(app);
    const other = app.browser();
    await other.login(user.email);
    const token = kind === 'access' ? tokenOf(user) : ((await user.refreshCookie()) ?? '');
    await oauth.tokenRevocation(client, token, {
      token_type_hint: kind === 'access' ? 'refresh_token' : 'junk',
    });
    expectProblem(await user.get('/auth/session'), 'token_blacklisted');
    expectProblem(await user.refresh(), 'token_blacklisted');
    expect((await other.get('/auth/session')).status).toBe(200);
    const [last] = (await other.get('/auth/activity')).body as unknown as Record<string, unknown>[];
    expect(last).toMatchObject({ event: 'session_ended', reason: 'blacklist', ip: null });
  });

  test('of an outdated access token ends its session too', async () => {
    const user = await memberWith(app, 'orders:read');
    await giveRoles(app, user);
    await oauth.tokenRevocation(client, tokenOf(user));
    expectProblem(await user.refresh(), 'token_blacklisted');
  });

  test('of an access token from a key leaves the key, and of the key nothing', async () => {
    const user = await memberOf(app);
    const its = await keyOf(app, user);
    await its.browser.post('/auth/keys/token');
    await oauth.tokenRevocation(client, tokenOf(its.browser));
    expectProblem(await its.browser.get('/auth/session'), 'token_blacklisted');
    const again = bearer(app.url, its.key);
    expect((await again.post('/auth/keys/token')).status).toBe(200);
    expect((await again.get('/auth/session')).status).toBe(200);
    await oauth.tokenRevocation(client, its.key);
    for (const each of [again, bearer(app.url, its.key)])
      expect((await each.get('/auth/session')).status).toBe(401);
  });

  test('of the token of an administrator who acts as a user ends that alone', async () => {
    const [admin, user] = [await adminOf(app), await memberOf(app)];
    const { body } = await admin.post(`/auth/admin/users/${user.id}/impersonate`, { reason: 'a ticket' });
    const acting = bearer(app.url, String(body.access_token));
    // The answer has not signed the browser of the administrator out.
    await admin.refresh();
    expect((await acting.get('/auth/session')).status).toBe(200);
    await oauth.tokenRevocation(client, tokenOf(acting));
    expectProblem(await acting.get('/auth/session'), 'token_blacklisted');
    for (const each of [admin, user]) expect((await each.get('/auth/session')).status).toBe(200);
  });

  test.each(['x', 'tjk_x', 'a.b.c'])('of %p succeeds', async (token) => {
    await expect(oauth.tokenRevocation(client, token)).resolves.toBeUndefined();
  });
});

test('without API_KEYS none of it is there, and a key is no token', async () => {
  const off = await startApp({});
  try {
    const user = await off.signedUp();
    for (const path of ['/auth/keys', '/auth/keys/token', '/auth/introspect', '/auth/revoke'])
      expectProblem(await user.post(path, { name: 'x', token: 'x' }), 'not_found');
    expectProblem(await user.get('/auth/keys'), 'not_found');
    expectProblem(await user.delete(`/auth/keys/${key.id}`), 'not_found');
    expectProblem(await bearer(off.url, key.key).get('/auth/session'), 'token_invalid');
    const { body } = await user.get('/.well-known/oauth-authorization-server');
    expect(Object.keys(body).sort()).toEqual(['issuer', 'jwks_uri', 'response_types_supported']);
  } finally {
    await off.close();
  }
});

describe('examples/resource-server', () => {
  let child: ChildProcess;
  let url: string;
  beforeAll(async () => {
    const file = fileURLToPath(new URL('../../examples/resource-server/server.js', import.meta.url));
    const env = {
      ...process.env,
      TOKENJAR_URL: app.url,
      ISSUER: BASE,
      INTROSPECTION_KEY: key.key,
      PORT: '0',
    };
    const started = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    const [line] = (await once(createInterface({ input: started.stdout }), 'line')) as [string];
    url = line;
  }, 30_000);
  afterAll(() => {
    child.kill();
  });

  const at = async (method: string, token?: string) => {
    const { status, headers: answered } = await fetch(`${url}/orders`, { method, headers: headersOf(token) });
    return [status, answered.get('www-authenticate')];
  };

  test('verifies signatures, and asks before it deletes', async () => {
    // Its clock is that of the machine.
    app.clock.advance((Date.now() - app.clock.now().getTime()) / 1000);
    const user = await memberWith(app, 'orders:read', 'orders:write');
    const reader = await keyOf(app, user, { scopes: ['orders:read'] });
    await reader.browser.post('/auth/keys/token');
    expect(await at('GET')).toEqual([401, 'Bearer']);
    for (const junk of [
      'x',
      reader.key,
      `${tokenOf(user).slice(0, -4)}AAAA`,
      (await user.refreshCookie()) ?? '',
    ])
      expect(await at('GET', junk)).toEqual([401, 'Bearer error="invalid_token"']);
    expect(await at('GET', tokenOf(user))).toEqual([200, null]);
    expect(await at('GET', tokenOf(reader.browser))).toEqual([200, null]);
    expect(await at('DELETE', tokenOf(reader.browser))).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="orders:write"',
    ]);
    expect(await at('DELETE', tokenOf(user))).toEqual([200, null]);
    await user.post('/auth/logout');
    expect(await at('GET', tokenOf(user))).toEqual([200, null]);
    expect(await at('DELETE', tokenOf(user))).toEqual([401, 'Bearer error="invalid_token"']);
  });
});
