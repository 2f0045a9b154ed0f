import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { django, envelope } from '../../client/src/dialects.js';
import { createFactors, type FactorsApi, pendingLogin } from '../../client/src/factors.js';
import { type Auth, AuthError, type Dialect } from '../../client/src/index.js';
import { standard } from '../../client/src/standard.js';
import { fakeTime, FarServer, problem, realTime, USER } from './far-server.js';

const CREDENTIALS = { email: USER.email, password: 'marble cactus orbit lantern' };
const SECOND_FACTOR = '/login/second-factor';

let server: FarServer;
let auth: Auth;
let factors: FactorsApi;
beforeEach(() => {
  fakeTime();
  server = new FarServer();
  auth = server.client();
  factors = createFactors(auth);
});
afterEach(() => {
  auth.close();
  realTime();
});

const refusalOf = (work: Promise<unknown>): Promise<AuthError> =>
  work.then(
    () => Promise.reject(new Error('it was no refusal')),
    (error: unknown) => error as AuthError,
  );
const json = (status: number, body: object) => () => Response.json(body, { status });
const sent = (path: string) => server.to(path).map(({ body }) => JSON.parse(String(body)) as unknown);

const PENDING: [string, Dialect, number, object, object][] = [
  [
    'standard',
    standard,
    401,
    { status: 401, code: 'second_factor_required', detail: '…', methods: ['totp'], expires_in: 300 },
    { isSetup: false, methods: ['totp'], expiresIn: 300, token: {} },
  ],
  [
    'standard, to be set up, where the token is in bodies',
    standard,
    401,
    { code: 'second_factor_setup_required', methods: ['totp', 'passkey'], expires_in: 9, login_token: 'x' },
    { isSetup: true, methods: ['totp', 'passkey'], expiresIn: 9, token: { login_token: 'x' } },
  ],
  [
    'standard, after a registration',
    standard,
    201,
    { code: 'second_factor_setup_required', methods: ['totp'], expires_in: 300 },
    { isSetup: true, methods: ['totp'], expiresIn: 300, token: {} },
  ],
  [
    'dj-rest-auth itself',
    django,
    200,
    { ephemeral_token: 'x', mfa_required: true },
    { isSetup: false, methods: ['totp', 'recovery_code'], expiresIn: 300, token: { ephemeral_token: 'x' } },
  ],
  [
    'django, to be set up',
    django,
    200,
    {
      ephemeral_token: 'x',
      mfa_required: true,
      needs: 'second_factor_setup_required',
      methods: ['totp'],
      expires_in: 9,
    },
    { isSetup: true, methods: ['totp'], expiresIn: 9, token: { ephemeral_token: 'x' } },
  ],
  [
    'envelope',
    envelope,
    401,
    { code: 401, message: '…', error: 'second_factor_required', methods: ['totp'], expires_in: 300 },
    { isSetup: false, methods: ['totp'], expiresIn: 300, token: {} },
  ],
  [
    'envelope, after a registration',
    envelope,
    201,
    {
      code: 201,
      message: '…',
      pending: { code: 'second_factor_setup_required', methods: ['totp'], expires_in: 9 },
    },
    { isSetup: true, methods: ['totp'], expiresIn: 9, token: {} },
  ],
];

describe.each(PENDING)(
  'a sign-in that lacks a step, in the words of %s',
  (_, dialect, status, body, pending) => {
    test.each(['login', 'register'] as const)(
      '%s says what is missing, and nobody is signed in',
      async (way) => {
        auth = server.client({ dialect });
        server.answers['/login'] = json(status, body);
        server.answers['/registration'] = json(status, body);
        const error = await refusalOf(auth[way](CREDENTIALS));
        expect(error).toBeInstanceOf(AuthError);
        expect(pendingLogin(error)).toEqual(pending);
        expect(auth.user).toBeNull();
      },
    );

    test('it goes on with what it was told', async () => {
      auth = server.client({ dialect });
      server.answers['/login'] = json(status, body);
      const step = pendingLogin(await refusalOf(auth.login(CREDENTIALS)));
      server.answers['/user'] = json(200, { code: 200, message: '', ...USER, user: USER });
      server.answers[SECOND_FACTOR] = json(200, {
        access_token: 'token',
        code: 200,
        message: '',
        token: { access: 'token' },
        user: USER,
      });
      const told: unknown[] = [];
      auth.onChange((user, reason) => told.push([user?.email, reason]));
      await createFactors(auth).verify({ method: 'totp', code: '123456', trust_device: true }, step);
      await Promise.resolve();
      expect(sent(SECOND_FACTOR)).toEqual([
        { method: 'totp', code: '123456', trust_device: true, ...(pending as { token: object }).token },
      ]);
      expect(told).toEqual([[USER.email, 'login']]);
    });
  },
);

test('no other error lacks a step', () => {
  for (const code of ['bad_credentials', 'second_factor_wrong', 'login_expired', 'unreachable'])
    expect(pendingLogin(new AuthError({ code }, 401))).toBeUndefined();
  expect(pendingLogin(new Error('second_factor_required'))).toBeUndefined();
});

test('a wrong code signs nobody in, and the codes of a set-up come once', async () => {
  server.answers[SECOND_FACTOR] = () => problem(401, 'second_factor_wrong');
  await expect(factors.verify({ method: 'totp', code: '000000' })).rejects.toMatchObject({
    code: 'second_factor_wrong',
  });
  expect(auth.user).toBeNull();
  server.answers[SECOND_FACTOR] = json(200, { access_token: 't', user: USER, recovery_codes: ['a', 'b'] });
  await expect(factors.verify({ method: 'totp', code: '123456' })).resolves.toEqual({
    user: USER,
    recoveryCodes: ['a', 'b'],
  });
});

test('a success that is not ours is none', async () => {
  await auth.login(CREDENTIALS);
  server.everything = () => Response.json({ ok: true });
  for (const call of [
    () => factors.verify({ method: 'totp', code: '1' }),
    () => factors.reauthenticate({ method: 'password', password: 'x' }),
    () => factors.list(),
    () => factors.addTotp(),
    () => factors.confirmTotp({ code: '1' }),
    () => factors.replaceRecoveryCodes(),
    () => factors.remove('an-id'),
    () => factors.requestCode({ email: USER.email }),
    () => factors.confirmCode({ code: '1' }),
    () => factors.showCode({ key: 'x' }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'unreachable' });
  expect(auth.user).toEqual(USER);
});

test('remember is sent as it was said', async () => {
  await auth.login({ ...CREDENTIALS, remember: false });
  expect(sent('/login')).toEqual([{ ...CREDENTIALS, remember: false }]);
});

describe('signed in', () => {
  const FACTOR = { id: 'f', type: 'totp', name: 'Phone', created_at: '', last_used_at: null };
  beforeEach(() => auth.login(CREDENTIALS));

  test('a factor that was added renews the token, and its codes are not lost when that fails', async () => {
    server.answers['/factors/totp/confirm'] = json(201, { factor: FACTOR, recovery_codes: ['a'] });
    await factors.confirmTotp({ code: '123456' });
    expect(server.to('/token/refresh')).toHaveLength(1);
    server.answers['/token/refresh'] = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(factors.confirmTotp({ code: '123456' })).resolves.toEqual({
      factor: FACTOR,
      recovery_codes: ['a'],
    });
  });

  test('requests about factors carry the token; IDs cannot lead elsewhere', async () => {
    server.answers['/factors'] = json(200, { factors: [FACTOR], recovery_codes_left: 10 });
    await expect(factors.list()).resolves.toMatchObject({ factors: [FACTOR] });
    server.everything = () => new Response(null, { status: 204 });
    await factors.forgetDevice('../../user');
    await factors.remove('a/b').catch(() => undefined);
    server.everything = json(200, {});
    await factors.rename('a b', { name: 'Desk' });
    const own = server.received.filter(({ path }) => path.startsWith('/factors'));
    expect(own.map(({ path }) => path)).toEqual([
      '/factors',
      '/factors/trusted-devices/..%2F..%2Fuser',
      '/factors/a%2Fb',
      '/factors/a%20b',
    ]);
    for (const { headers } of own) expect(headers.get('Authorization')).toMatch(/^Bearer token-\d$/);
  });

  test('authenticating again goes on with the same session and its new token', async () => {
    const told: unknown[] = [];
    auth.onChange((_, reason) => told.push(reason));
    server.answers['/reauthenticate'] = json(200, {
      access_token: 'fresh',
      token_type: 'Bearer',
      expires_in: 600,
    });
    await factors.reauthenticate({ method: 'password', password: CREDENTIALS.password });
    expect(server.to('/reauthenticate')[0]?.headers.get('Authorization')).toBe('Bearer token-1');
    expect([await auth.accessToken(), auth.user, told]).toEqual(['fresh', USER, []]);
  });
});
