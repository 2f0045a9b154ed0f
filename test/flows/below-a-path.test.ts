import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';

describe('below the path of PUBLIC_URL', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ publicUrl: 'https://example.com/accounts', docs: true });
  });
  afterAll(() => app.close());

  test.each(['', '/accounts'])(
    'works whether the proxy removes the path or passes it on: "%s"',
    async (mount) => {
      const user = await app.signedUp();
      expect((await user.post(`${mount}/auth/token/refresh`)).status).toBe(200);
      expect((await user.get(`${mount}/auth/user?x=1`)).status).toBe(200);
      expect((await user.get(`${mount}/.well-known/jwks.json`)).status).toBe(200);
      expect((await user.get(`${mount}/nobody`)).status).toBe(404);
      const { body } = await user.get(`${mount}/openapi.json`);
      expect(body.servers).toEqual([{ url: '/accounts' }]);
    },
  );

  test('is found where RFC 8414 §3.1 says: the well-known path stands before that of the issuer', async () => {
    for (const path of ['/accounts', '/accounts/', ''])
      expect((await app.browser().get(`/.well-known/oauth-authorization-server${path}`)).body).toMatchObject({
        issuer: 'https://example.com/accounts',
        jwks_uri: 'https://example.com/accounts/.well-known/jwks.json',
      });
    expect((await app.browser().get('/.well-known/oauth-authorization-server/other')).status).toBe(404);
  });

  test('does not respond to a path that only begins like it', async () => {
    expect((await app.browser().get('/accountsx/health/live')).status).toBe(404);
  });
});

test('POST /user/delete deletes like DELETE', async () => {
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

test('the public keys can be read by pages of any origin', async () => {
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
