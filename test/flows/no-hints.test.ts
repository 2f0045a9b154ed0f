import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';

let app: TestApp;
let ada: string;
let inactive: string;
let withoutPassword: string;
beforeAll(async () => {
  app = await startApp();
  ada = (await app.signedUp()).email;
  inactive = (await app.signedUp()).email;
  withoutPassword = (await app.signedUp()).email;
  await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [inactive]);
  await app.sql('UPDATE tokenjar.users SET password_hash = NULL WHERE email = $1', [withoutPassword]);
});
afterAll(() => app.close());

/** Everything on the wire but the time. */
const wireOf = ({ status, headers, text }: Answer) => ({
  status,
  headers: Object.fromEntries([...headers].filter(([name]) => name !== 'date')),
  text,
});

describe.each(['/auth/login', '/auth/token'])('POST %s', (path) => {
  test('gives identical responses for unknown, wrong, deactivated and no password', async () => {
    const signIn = (email: string, password: string) => app.browser().post(path, { email, password });
    const unknown = await signIn(uniqueEmail(), PASSWORD);
    expect([unknown.status, unknown.body.code]).toEqual([401, 'bad_credentials']);
    for (const [email, password] of [
      [ada, 'not the password at all'],
      [ada, PASSWORD.toUpperCase()],
      [ada, 'x'.repeat(4096)],
      [inactive, PASSWORD],
      [inactive, 'not the password at all'],
      [withoutPassword, PASSWORD],
      [withoutPassword, 'nobody has this password'],
      [uniqueEmail(), 'nobody has this password'],
    ] as const)
      expect(wireOf(await signIn(email, password))).toEqual(wireOf(unknown));
  });

  test('refuses credentials in the query', async () => {
    const query = new URLSearchParams({ email: ada, password: PASSWORD }).toString();
    for (const send of [{}, { json: {} }, { form: {} }]) {
      const { status, body } = await app.browser().send('POST', `${path}?${query}`, send);
      expect([status, body.code]).toEqual([400, 'input_invalid']);
    }
    const half = await app.browser().post(`${path}?${query}`, { email: ada });
    expect([half.status, half.body.code]).toEqual([400, 'input_invalid']);
    const wrong = await app.browser().post(`${path}?${query}`, { email: ada, password: 'wrong' });
    expect([wrong.status, wrong.body.code]).toEqual([401, 'bad_credentials']);
  });

  test('refuses credentials in the Authorization header', async () => {
    const authorization = `Basic ${Buffer.from(`${ada}:${PASSWORD}`).toString('base64')}`;
    const { status } = await app.browser().post(path, {}, { headers: { authorization } });
    expect(status).toBe(400);
  });
});

test('reports only the form of an invalid address', async () => {
  const refused = await app.browser().post('/auth/login', { email: 'no address', password: PASSWORD });
  expect([refused.status, refused.body.code]).toEqual([400, 'input_invalid']);
  expect(refused.text).not.toContain('no address');
});

test('repeats nothing of the request in an error', async () => {
  const secret = 'a-password-typed-into-the-wrong-field';
  for (const json of [{ email: secret, password: secret }, { email: [secret] }, { [secret]: 1 }, [secret]]) {
    const { status, text } = await app.browser().post('/auth/login', json);
    expect(status).toBe(400);
    expect(text).not.toContain(secret);
  }
  const broken = await app.browser().send('POST', '/auth/login', {
    body: `{"password":"${secret}"`,
    headers: { 'content-type': 'application/json' },
  });
  expect([broken.status, broken.text.includes(secret)]).toEqual([400, false]);
});

test('does not reveal in the log who tried to sign in', () => {
  expect(app.log.length).toBeGreaterThan(0);
  expect(app.log.filter((line) => line.includes(ada) || line.includes(PASSWORD))).toEqual([]);
});
