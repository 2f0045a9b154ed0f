import { jsonOf, send } from '../http.js';
import type { Adapter } from './adapter.js';

/**
 * Django with djangorestframework-simplejwt, the refresh token in a cookie, rotation and blacklist on.
 *
 * Its accounts must exist: `u1@example.com` and so on, one per browser.
 */
export const simplejwt: Adapter = {
  cookieName: 'refresh_token',
  refreshPath: '/auth/token/refresh/',
  account: (_run, n) => ({ email: `u${n + 1}@example.com`, password: 'marble cactus orbit lantern' }),
  codeOf: (reply) => {
    const { code } = jsonOf(reply);
    return typeof code === 'string' ? code : undefined;
  },
  async signIn(base, account, onRequest) {
    onRequest();
    const reply = await send('POST', `${base}/auth/token/`, { json: account });
    const { access: accessToken } = jsonOf(reply);
    if (typeof accessToken !== 'string') throw new Error(`signing in was answered with ${reply.status}`);
    return { cookies: reply.headers['set-cookie'] ?? [], accessToken };
  },
};
