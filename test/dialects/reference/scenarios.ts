import type { Answer, Scenario, Step } from '../play.js';

const password = 'tr0ub4dor&3x-Lisbon';
const register = (email: string): Step => ({
  silent: true,
  send: ['POST', '/auth/registration/'],
  json: { email, password1: password, password2: password },
  jar: 'registration',
});
const keep: Step['save'] = (a: Answer, s) => {
  s.access = String((a.body as Record<string, unknown> | null)?.access);
  s.refresh = a.cookies.find((c) => c.name === 'refresh_token')?.value ?? '';
};
const obtain = (email: string, more: Partial<Step> = {}): Step => ({
  send: ['POST', '/auth/token/'],
  json: { email, password },
  save: keep,
  ...more,
});
const login = (email: string, more: Partial<Step> = {}): Step => ({
  send: ['POST', '/auth/login/'],
  json: { email, password },
  save: keep,
  ...more,
});
const bearer = (token = '') => ({ authorization: `Bearer ${token}` });

/**
 * What was sent to djangorestframework-simplejwt behind cookie views and to dj-rest-auth; `answers.json` has what they
 * answered. Every scenario makes users of its own.
 */
export const SCENARIOS: Scenario[] = [
  {
    name: 'obtain: right credentials give an access token in the body and the refresh token in an HttpOnly cookie',
    *steps({ unique }) {
      const email = unique();
      yield register(email);
      yield obtain(email);
    },
  },
  {
    name: 'obtain: wrong password',
    *steps({ unique }) {
      const email = unique();
      yield register(email);
      yield obtain(email, { json: { email, password: 'not it' } });
    },
  },
  {
    name: 'obtain: unknown account answers as a wrong password does',
    *steps({ unique }) {
      yield obtain(unique());
    },
  },
  {
    name: 'obtain: missing and blank fields',
    *steps({ unique }) {
      yield { send: ['POST', '/auth/token/'], json: {} };
      yield { send: ['POST', '/auth/token/'], json: { email: unique() } };
      yield { send: ['POST', '/auth/token/'], json: { email: '', password: '' } };
      yield { send: ['POST', '/auth/token/'], json: { email: null, password: null } };
    },
  },
  {
    name: 'obtain: form-encoded body',
    *steps({ unique }) {
      const email = unique();
      yield register(email);
      yield { send: ['POST', '/auth/token/'], form: { email, password } };
    },
  },
  {
    name: 'obtain: GET is not allowed',
    *steps() {
      yield { send: ['GET', '/auth/token/'] };
    },
  },
  {
    name: 'obtain: body that is not JSON',
    *steps() {
      yield {
        send: ['POST', '/auth/token/'],
        body: 'hello',
        headers: { 'content-type': 'application/json' },
        note: 'text',
      };
    },
  },

  {
    name: 'refresh: the cookie gives a new access token and rotates the cookie',
    *steps({ unique }) {
      const email = unique();
      yield register(email);
      yield obtain(email, { silent: true });
      yield { send: ['POST', '/auth/token/refresh/'], json: {} };
      yield { send: ['POST', '/auth/token/refresh/'], json: {}, note: 'again, with the rotated cookie' };
    },
  },
  {
    name: 'refresh: no cookie',
    *steps() {
      yield { send: ['POST', '/auth/token/refresh/'], json: {} };
    },
  },
  {
    name: 'refresh: cookie is not a token',
    *steps() {
      yield { send: ['POST', '/auth/token/refresh/'], json: {}, cookies: { refresh_token: 'rubbish' } };
      yield { send: ['POST', '/auth/token/refresh/'], json: {}, cookies: { refresh_token: 'a.b.c' } };
    },
  },
  {
    name: 'refresh: an access token in the cookie is refused',
    *steps({ unique, saved }) {
      const email = unique();
      yield register(email);
      yield obtain(email, { silent: true });
      yield {
        send: ['POST', '/auth/token/refresh/'],
        json: {},
        cookies: { refresh_token: saved.access ?? '' },
      };
    },
  },
  {
    name: 'refresh: expired refresh token',
    *steps({ unique, saved, mint, claims, now }) {
      const email = unique();
      yield register(email);
      yield obtain(email, { silent: true });
      yield {
        send: ['POST', '/auth/token/refresh/'],
        json: {},
        cookies: {
          refresh_token: mint({ ...claims(saved.refresh ?? ''), iat: now() - 100, exp: now() - 50 }),
        },
      };
    },
  },
  {
    name: 'refresh: signature of another key',
    *steps({ unique, saved, mint, claims }) {
      const email = unique();
      yield register(email);
      yield obtain(email, { silent: true });
      yield {
        send: ['POST', '/auth/token/refresh/'],
        json: {},
        cookies: {
          refresh_token: mint(claims(saved.refresh ?? ''), {
            key: 'another key of the same length, more or less',
          }),
        },
      };
    },
  },

  {
    name: 'verify: valid access and refresh tokens',
    *steps({ unique, saved }) {
      const email = unique();
      yield register(email);
      yield obtain(email, { silent: true });
      yield { send: ['POST', '/auth/token/verify/'], json: { token: saved.access }, note: 'access' };
      yield { send: ['POST', '/auth/token/verify/'], json: { token: saved.refresh ?? '' }, note: 'refresh' };
    },
  },
  {
    name: 'verify: missing, blank and broken tokens',
    *steps() {
      yield { send: ['POST', '/auth/token/verify/'], json: {} };
      yield { send: ['POST', '/auth/token/verify/'], json: { token: '' } };
      yield { send: ['POST', '/auth/token/verify/'], json: { token: 'a.b.c' } };
    },
  },
  {
    name: 'blacklist: a blacklisted refresh token is refused from then on',
    *steps({ unique, saved }) {
      const email = unique();
      yield register(email);
      yield obtain(email, { silent: true });
      yield { send: ['POST', '/auth/token/blacklist/'], json: { refresh: saved.refresh ?? '' } };
      yield {
        send: ['POST', '/auth/token/refresh/'],
        json: {},
        cookies: { refresh_token: saved.refresh ?? '' },
      };
      yield { send: ['POST', '/auth/token/verify/'], json: { token: saved.refresh ?? '' } };
    },
  },

  {
    name: 'login: dj-rest-auth shape, cookie set',
    *steps({ unique }) {
      const email = unique();
      yield register(email);
      yield login(email);
    },
  },
  {
    name: 'login: wrong password',
    *steps({ unique }) {
      const email = unique();
      yield register(email);
      yield login(email, { json: { email, password: 'not it' } });
    },
  },
  {
    name: 'login: missing fields',
    *steps({ unique }) {
      yield { send: ['POST', '/auth/login/'], json: { email: unique() } };
      yield { send: ['POST', '/auth/login/'], json: { email: 'not-an-address', password: 'x' } };
    },
  },
  {
    name: 'logout: blacklists the refresh token and clears the cookie',
    *steps({ unique, saved }) {
      const email = unique();
      yield register(email);
      yield login(email, { silent: true });
      yield { send: ['POST', '/auth/logout/'], json: {}, headers: bearer(saved.access) };
      yield {
        send: ['POST', '/auth/token/refresh/'],
        json: {},
        cookies: { refresh_token: saved.refresh ?? '' },
        note: 'with the old cookie',
      };
      yield { send: ['POST', '/auth/token/refresh/'], json: {}, note: 'with what the jar holds now' };
    },
  },
  {
    name: 'logout: without a cookie',
    *steps() {
      yield { send: ['POST', '/auth/logout/'], json: {} };
    },
  },

  {
    name: 'user: with, without and with a broken access token',
    *steps({ unique, saved }) {
      const email = unique();
      yield register(email);
      yield login(email, { silent: true });
      yield { send: ['GET', '/auth/user/'], headers: bearer(saved.access) };
      yield { send: ['GET', '/auth/user/'] };
      yield { send: ['GET', '/auth/user/'], headers: bearer('a.b.c') };
      yield {
        send: ['GET', '/auth/user/'],
        headers: bearer(saved.refresh),
        note: 'a refresh token is no access token',
      };
    },
  },
  {
    name: 'user: expired access token',
    *steps({ unique, saved, mint, claims, now }) {
      const email = unique();
      yield register(email);
      yield login(email, { silent: true });
      yield {
        send: ['GET', '/auth/user/'],
        headers: bearer(mint({ ...claims(saved.access), iat: now() - 100, exp: now() - 50 })),
      };
    },
  },

  {
    name: 'registration: account is created',
    *steps({ unique }) {
      yield {
        send: ['POST', '/auth/registration/'],
        json: { email: 'not-an-address', password1: password, password2: password },
      };
      yield {
        send: ['POST', '/auth/registration/'],
        json: { email: unique(), password1: password, password2: 'different' },
      };
      yield {
        send: ['POST', '/auth/registration/'],
        json: { email: unique(), password1: '12345678', password2: '12345678' },
      };
      yield { send: ['POST', '/auth/registration/'], json: {} };
    },
  },
  {
    name: 'password change: needs the old password, then only the new one logs in',
    *steps({ unique, saved }) {
      const email = unique(),
        next = 'Nine-quiet-herons-7';
      yield register(email);
      yield login(email, { silent: true });
      yield {
        send: ['POST', '/auth/password/change/'],
        headers: bearer(saved.access),
        json: { old_password: 'wrong', new_password1: next, new_password2: next },
      };
      yield {
        send: ['POST', '/auth/password/change/'],
        headers: bearer(saved.access),
        json: { old_password: password, new_password1: next, new_password2: 'other' },
      };
      yield {
        send: ['POST', '/auth/password/change/'],
        headers: bearer(saved.access),
        json: { old_password: password, new_password1: next, new_password2: next },
      };
      yield login(email, { note: 'old password' });
      yield login(email, { json: { email, password: next }, note: 'new password' });
      yield {
        send: ['POST', '/auth/password/change/'],
        json: { old_password: next, new_password1: next, new_password2: next },
        note: 'no access token',
      };
    },
  },
  {
    name: 'password reset: the answer does not tell whether the account exists',
    *steps({ unique }) {
      const email = unique();
      yield register(email);
      yield { send: ['POST', '/auth/password/reset/'], json: { email } };
      yield { send: ['POST', '/auth/password/reset/'], json: { email: unique() } };
      yield { send: ['POST', '/auth/password/reset/'], json: { email: 'zz' } };
      yield {
        send: ['POST', '/auth/password/reset/confirm/'],
        json: { uid: 'MQ', token: 'bad-token', new_password1: password, new_password2: password },
      };
      yield { send: ['POST', '/auth/password/reset/confirm/'], json: {} };
    },
  },
];
