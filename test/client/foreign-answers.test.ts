import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AccountApi, createAccount } from '../../client/src/account.js';
import { django, envelope } from '../../client/src/dialects.js';
import { type Auth, AuthError, type Dialect, type Reason } from '../../client/src/index.js';
import { standard } from '../../client/src/standard.js';
import { type Answer, fakeTime, FarServer, realTime, USER } from './far-server.js';

const PASSWORD = 'a rather different set of words';
const json = (status: number, body: unknown) => () => Response.json(body, { status });
const html = (status: number) => () =>
  new Response('<html>Please sign in</html>', { status, headers: { 'Content-Type': 'text/html' } });

/** What portals, proxies, gateways and caches answer in the server's place. */
const FOREIGN: Record<string, Answer> = {
  'a page of a captive portal': html(200),
  'a 401 page of a proxy': html(401),
  'a 403 page': html(403),
  '511 of a network': html(511),
  'an empty 200': () => new Response(''),
  'JSON that is called a page': () =>
    new Response('{"detail":"ok"}', { headers: { 'Content-Type': 'text/html' } }),
  'JSON that is broken': () =>
    new Response('{"detail":', { headers: { 'Content-Type': 'application/json' } }),
  'an empty object': json(200, {}),
  'an object of somebody else': json(200, { ok: true }),
  null: json(200, null),
  'a text': json(200, 'welcome'),
  '401 of Kong': json(401, { message: 'Unauthorized' }),
  '401 of Spring': json(401, { timestamp: '2026-03-01', status: 401, error: 'Unauthorized', path: '/auth' }),
  '401 with a number for a code': json(401, { code: 401, message: 'Unauthorized' }),
  '401 with a code of another kind': json(401, { code: '900901', message: 'Invalid Credentials' }),
  '401 of FastAPI': json(401, { detail: 'Not authenticated' }),
  '401 of Django REST framework': json(401, { detail: 'Authentication credentials were not provided.' }),
};

type Call = (auth: Auth, account: AccountApi) => Promise<unknown>;
const CALLS: Record<string, Call> = {
  refresh: (auth) => auth.refresh(),
  login: (auth) => auth.login({ email: USER.email, password: PASSWORD }),
  register: (auth) => auth.register({ email: USER.email, password: PASSWORD }),
  logout: (auth) => auth.logout(),
  changePassword: (auth) => auth.changePassword({ old_password: PASSWORD, new_password: PASSWORD }),
  deleteAccount: (auth) => auth.deleteAccount({ password: PASSWORD }),
  'sessions.list': (auth) => auth.sessions.list(),
  'sessions.end': (auth) => auth.sessions.end('an-id'),
  'sessions.endOthers': (auth) => auth.sessions.endOthers(),
  requestPasswordReset: (_, account) => account.requestPasswordReset({ email: USER.email }),
  confirmPasswordReset: (_, account) => account.confirmPasswordReset({ token: 'a', new_password: PASSWORD }),
  verifyEmail: (_, account) => account.verifyEmail({ key: 'a' }),
  resendVerification: (_, account) => account.resendVerification({ email: USER.email }),
  changeEmail: (_, account) => account.changeEmail({ new_email: USER.email, password: PASSWORD }),
  confirmEmailChange: (_, account) => account.confirmEmailChange({ key: 'a' }),
  requestUnlock: (_, account) => account.requestUnlock({ email: USER.email }),
  unlock: (_, account) => account.unlock({ key: 'a' }),
  activity: (_, account) => account.activity(),
};

const jwt = `e30.${btoa(JSON.stringify({ iat: 0, exp: 600 }))}.e30`;
const SIGNED_IN: Record<string, object> = {
  standard: { access_token: 'token-1', token_type: 'Bearer', expires_in: 600, user: USER },
  django: { access: jwt, refresh: '', user: USER },
  envelope: { code: 200, message: 'login success', token: { access: jwt } },
};

let server: FarServer;
let auth: Auth;
let told: [email: string | null | undefined, reason: Reason][];
async function signIn(name: string, dialect: Dialect): Promise<void> {
  server.answers['/login'] = json(200, SIGNED_IN[name]);
  server.answers['/user'] = json(200, name === 'envelope' ? { code: 200, message: '', user: USER } : USER);
  auth = server.client({ dialect });
  await auth.login({ email: USER.email, password: PASSWORD });
  auth.onChange((user, reason) => told.push([user?.email, reason]));
}
beforeEach(() => {
  fakeTime();
  server = new FarServer();
  told = [];
});
afterEach(() => {
  auth.close();
  realTime();
});

describe.each(Object.entries({ standard, django, envelope }))('in the words of %s', (name, dialect) => {
  // Nor is one in another dialect, but for the names of dj-rest-auth before version 4, which are ours.
  const others = Object.entries(SIGNED_IN).filter(([other]) => other !== name && name !== 'django');
  test.each(Object.entries({ ...FOREIGN, ...Object.fromEntries(others.map(([o, b]) => [o, json(200, b)])) }))(
    '%s is no answer, whatever was asked, and signs nobody out',
    async (_, answer) => {
      await signIn(name, dialect);
      for (const [call, ask] of Object.entries(CALLS)) {
        const before = server.received.length;
        server.everything = answer;
        const failure: unknown = await ask(auth, createAccount(auth)).then(
          () => 'taken for a success',
          (thrown: unknown) => thrown,
        );
        expect([call, failure]).toEqual([call, expect.any(AuthError)]);
        expect([call, server.received.length]).toEqual([call, before + 1]);
        // A redirect leads to no answer of ours.
        expect(server.received.at(-1)?.redirect).toBe('error');
        server.everything = undefined;
      }
      expect([auth.user?.email, told]).toEqual([USER.email, []]);
    },
  );
});

describe('a definite 401', () => {
  test.each([
    ['standard', standard, { status: 401, code: 'token_expired', detail: 'The token has expired.' }],
    ['django', django, { detail: 'Token is invalid or expired', code: 'token_not_valid' }],
    ['django, without a code', django, { detail: 'No active account found for the given token.' }],
    ['envelope', envelope, { code: 401, message: 'The token has expired.', error: 'token_expired' }],
  ])(
    'of %s signs out: at a refresh, and at signing out there was nothing left',
    async (name, dialect, body) => {
      for (const call of ['refresh', 'logout'] as const) {
        await signIn(name.split(',')[0] ?? '', dialect);
        server.everything = json(401, body);
        await auth[call]();
        expect(auth.user).toBeNull();
        server.everything = undefined;
        auth.close();
      }
    },
  );
});

test.each([
  ['standard', standard, () => new Response(null, { status: 204 })],
  ['django', django, json(200, { detail: 'Successfully logged out.' })],
  ['envelope', envelope, json(200, { code: 200, message: 'logout success' })],
] as [string, Dialect, Answer][])('signing out in the words of %s', async (name, dialect, answer) => {
  await signIn(name, dialect);
  server.answers['/logout'] = answer;
  await auth.logout();
  await Promise.resolve();
  expect(told).toEqual([[undefined, 'logout']]);
});

test('a 204 is no list and no tokens', async () => {
  await signIn('standard', standard);
  server.everything = () => new Response(null, { status: 204 });
  await expect(auth.sessions.list()).rejects.toThrow(AuthError);
  await expect(auth.refresh()).rejects.toThrow(AuthError);
  await expect(auth.login({ email: USER.email, password: PASSWORD })).rejects.toThrow(AuthError);
  await expect(auth.register({ email: USER.email, password: PASSWORD })).rejects.toThrow(AuthError);
  await expect(auth.changePassword({ old_password: PASSWORD, new_password: PASSWORD })).rejects.toThrow(
    AuthError,
  );
  expect(auth.user?.email).toBe(USER.email);
});
