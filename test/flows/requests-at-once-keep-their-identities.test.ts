import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from 'node:net';
import { once } from 'node:events';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { storedKey } from '../support/api-keys.js';
import type { Browser } from '../support/browser.js';

let app: TestApp;
const users: (Browser & { email: string })[] = [];
beforeAll(async () => {
  app = await startApp({ apiKeys: true });
  // One after the other: on a busy machine too many at once are refused.
  while (users.length < 6) users.push(await app.signedUp());
});
afterAll(() => app.close());

test('concurrent right and wrong logins each get their own response', async () => {
  for (let round = 0; round < 10; round++) {
    const [right, wrong, other] = await Promise.all([
      app.browser().post('/auth/login', { email: users[0]?.email, password: PASSWORD }),
      app.browser().post('/auth/login', { email: uniqueEmail(), password: 'wrong' }),
      app.browser().post('/auth/login', { email: users[1]?.email, password: PASSWORD }),
    ]);
    expect([right.status, right.body.user]).toEqual([
      200,
      expect.objectContaining({ email: users[0]?.email }),
    ]);
    expect([wrong.status, wrong.body.code, wrong.setCookie]).toEqual([401, 'bad_credentials', []]);
    expect([other.status, other.body.user]).toEqual([
      200,
      expect.objectContaining({ email: users[1]?.email }),
    ]);
  }
});

test('concurrent guarded requests and refreshes act for their own users', async () => {
  const inject = (method: 'GET' | 'POST', url: string, headers: Record<string, string>) =>
    app.app.inject({ method, url, headers }).then(({ statusCode, body }) => ({ statusCode, body }));
  const cookies = await Promise.all(users.map((user) => user.refreshCookie()));
  // Read from the database, so that each waits while others come.
  const keys = await Promise.all(
    users.map(async (user) => storedKey(app, Number((await user.get('/auth/user')).body.id))),
  );
  const answers = await Promise.all([
    ...users.map(({ accessToken }) =>
      inject('GET', '/auth/user', { authorization: `Bearer ${accessToken}` }),
    ),
    ...cookies.map((cookie) => inject('POST', '/auth/token/refresh', { cookie: `refresh_token=${cookie}` })),
    ...keys.map((key) => inject('GET', '/auth/user', { authorization: `Bearer ${key}` })),
    inject('GET', '/auth/user', { authorization: 'Bearer a.b.c' }),
    inject('POST', '/auth/token/refresh', { cookie: 'refresh_token=junk' }),
  ]);
  const emails = answers.map(({ body }) => {
    const parsed = JSON.parse(body) as { email?: string; user?: { email: string }; code?: string };
    return parsed.email ?? parsed.user?.email ?? parsed.code;
  });
  const expected = users.map(({ email }) => email);
  expect(emails).toEqual([...expected, ...expected, ...expected, 'token_invalid', 'token_invalid']);
});

test('pipelined requests on one connection are answered in order', async () => {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  await once(socket, 'connect');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const head = (token: string | undefined, more = '') =>
    `GET /auth/user HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${more}\r\n`;
  socket.write(
    users.map(({ accessToken }, i) => head(accessToken, i === 5 ? 'Connection: close\r\n' : '')).join(''),
  );
  await once(socket, 'close');
  expect([...text.matchAll(/"email":"([^"]+)"/g)].map(([, email]) => email)).toEqual(
    users.map(({ email }) => email),
  );
});
