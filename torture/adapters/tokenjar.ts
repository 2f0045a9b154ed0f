import { jsonOf, send } from '../http.js';
import type { Adapter } from './adapter.js';

/** Tokenjar in its standard dialect. */
export const tokenjar: Adapter = {
  cookieName: 'refresh_token',
  refreshPath: '/auth/token/refresh',
  verifyPath: '/auth/token/verify',
  endings: {
    sessionPath: '/auth/session',
    logout: ['POST', '/auth/logout'],
    endOthers: ['DELETE', '/auth/sessions'],
  },
  account: (run, n) => ({
    email: `torture-${run}-${n}@example.com`,
    password: 'marble cactus orbit lantern',
  }),
  codeOf: (reply) => {
    const { code } = jsonOf(reply);
    return typeof code === 'string' ? code : undefined;
  },
  async signIn(base, account, onRequest) {
    onRequest();
    let reply = await send('POST', `${base}/auth/registration`, { json: account });
    if (reply.status === 409) {
      onRequest();
      reply = await send('POST', `${base}/auth/login`, { json: account });
    }
    const { access_token: accessToken } = jsonOf(reply);
    if (typeof accessToken !== 'string') throw new Error(`signing in was answered with ${reply.status}`);
    const offer = reply.headers['secure-session-registration'];
    return {
      cookies: reply.headers['set-cookie'] ?? [],
      accessToken,
      ...(typeof offer === 'string' && { offer }),
    };
  },
};

/** The same with `DEVICE_BOUND_SESSIONS`, which needs cookies for https. */
export const tokenjarBound: Adapter = { ...tokenjar, cookieName: '__Host-refresh_token' };
