import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';

describe('below a path, as PUBLIC_URL says', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ publicUrl: 'https://example.com/accounts', docs: true });
  });
  afterAll(() => app.close());

  test.each(['', '/accounts'])('the proxy may take the path away or pass it on: "%s"', async (mount) => {
    const user = await app.signedUp();
    expect((await user.post(`${mount}/auth/token/refresh`)).status).toBe(200);
    expect((await user.get(`${mount}/auth/user?x=1`)).status).toBe(200);
    expect((await user.get(`${mount}/.well-known/jwks.json`)).status).toBe(200);
    expect((await user.get(`${mount}/nobody`)).status).toBe(404);
    const { body } = await user.get(`${mount}/openapi.json`);
    expect(body.servers).toEqual([{ url: '/accounts' }]);
  });

  test('a path that only begins like it is nobody’s', async () => {
    expect((await app.browser().get('/accountsx/health/live')).status).toBe(404);
  });
});

test('POST /user/delete deletes as DELETE does', async () => {
  const app = await startApp();
  try {
    const user = await app.signedUp();
    expect((await user.post('/auth/user/delete', { password: 'wrong password here' })).status).toBe(401);
    expect((await user.post('/auth/user/delete')).status).toBe(400);
    expect((await user.post('/auth/user/delete', { password: PASSWORD })).status).toBe(204);
    expect((await user.get('/auth/user')).status).toBe(401);
  } finally {
    await app.close();
  }
});

test('the keys are for pages of every origin', async () => {
  const app = await startApp({ trustedOrigins: 'https://app.example.com' });
  try {
    const allowed = async (origin: string) =>
      (await app.browser().get('/.well-known/jwks.json', { headers: { origin } })).headers.get(
        'access-control-allow-origin',
      );
    expect(await allowed('https://anybody.example')).toBe('*');
    expect(await allowed('https://app.example.com')).toBe('https://app.example.com');
  } finally {
    await app.close();
  }
});
