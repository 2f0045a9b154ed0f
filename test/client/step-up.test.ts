import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AccountApi, createAccount } from '../../client/src/account.js';
import { django, envelope } from '../../client/src/dialects.js';
import { createFactors, type FactorsApi } from '../../client/src/factors.js';
import { type Auth, AuthError } from '../../client/src/index.js';
import { withStepUp } from '../../client/src/step-up.js';
import { type Answer, BASE, fakeTime, FarServer, pass, problem, realTime, USER } from './far-server.js';

const PASSWORD = 'marble cactus orbit lantern';
const API = 'https://api.example.com/orders';
const STEP_UP = 'insufficient_user_authentication';
const CHALLENGE = { 'WWW-Authenticate': `Bearer error="${STEP_UP}", acr_values="aal2", max_age=900` };

let server: FarServer;
let auth: Auth;
let account: AccountApi;
let factors: FactorsApi;
/** The refusals that the user was asked about. */
let asked: AuthError[];
/** What the user does then. */
let user: () => Promise<unknown>;
beforeEach(async () => {
  fakeTime();
  server = new FarServer();
  asked = [];
  auth = withStepUp(server.client({ origins: ['https://api.example.com'] }), (refusal) => {
    asked.push(refusal);
    return user();
  });
  account = createAccount(auth);
  factors = createFactors(auth);
  user = () => factors.reauthenticate({ method: 'password', password: PASSWORD });
  server.answers['/reauthenticate'] = () => server.tokensAnswer();
  await auth.login({ email: USER.email, password: PASSWORD });
});
afterEach(() => {
  auth.close();
  realTime();
});

/** It takes tokens of a fresh sign-in alone: from `token-2` on. */
const sensitive =
  (answer: Answer, refusal: Answer = () => problem(401, STEP_UP, CHALLENGE)): Answer =>
  (received) =>
    received.headers.get('Authorization') === 'Bearer token-1' ? refusal(received) : answer(received);
const done = () => Response.json({ detail: 'Done.' });

const CALLS: [string, string, () => Promise<unknown>][] = [
  ['an API of the app', API, async () => expect((await auth.fetch(API)).status).toBe(200)],
  [
    'the change of a password',
    '/password/change',
    () => auth.changePassword({ old_password: PASSWORD, new_password: PASSWORD }),
  ],
  ['the deletion of the account', '/user', () => auth.deleteAccount({ password: PASSWORD })],
  [
    'a method of account',
    '/email/change',
    () => account.changeEmail({ new_email: 'a@b.c', password: PASSWORD }),
  ],
  ['a method of factors', '/factors/an-id', () => factors.remove('an-id')],
];
test.each(CALLS)('%s is repeated when the user has authenticated again', async (_, path, call) => {
  server.answers[path] = sensitive(done);
  await call();
  expect(asked.map(({ code, status }) => [code, status])).toEqual([[STEP_UP, 401]]);
  expect(server.to(path).map(({ headers }) => headers.get('Authorization'))).toEqual([
    'Bearer token-1',
    'Bearer token-2',
  ]);
});

test('many at once ask once, and each is repeated', async () => {
  server.answers[API] = sensitive(done);
  server.answers['/email/change'] = sensitive(done);
  const answers = await Promise.all([
    ...Array.from({ length: 20 }, () => auth.fetch(API)),
    account.changeEmail({ new_email: 'a@b.c', password: PASSWORD }),
  ]);
  expect([answers.length, asked.length]).toEqual([21, 1]);
});

test('one that comes back after the user has authenticated is repeated without another question', async () => {
  let refuse: (late: Response) => void = () => undefined;
  server.answers['/slow'] = sensitive(done, () => new Promise((resolve) => (refuse = resolve)));
  server.answers[API] = sensitive(done);
  const slow = auth.fetch(`${BASE}/slow`);
  await auth.fetch(API);
  refuse(problem(401, STEP_UP, CHALLENGE));
  expect((await slow).status).toBe(200);
  expect(asked).toHaveLength(1);
});

test('a token that has expired in the meantime is renewed first, and then the user is asked', async () => {
  server.answers[API] = ({ headers }) => {
    const token = headers.get('Authorization');
    if (token === 'Bearer token-1') return problem(401, 'token_expired');
    return token === 'Bearer token-2' ? problem(401, STEP_UP, CHALLENGE) : done();
  };
  expect((await auth.fetch(API)).status).toBe(200);
  expect(asked).toHaveLength(1);
});

test('a dialog may take longer than a request', async () => {
  server.answers['/factors/an-id'] = sensitive(() => new Response(null, { status: 204 }));
  const reauthenticate = user;
  user = async () => {
    await new Promise((resolve) => setTimeout(resolve, 180_000));
    await reauthenticate();
  };
  const removed = factors.remove('an-id');
  await pass(181);
  await removed;
  expect(server.to('/factors/an-id')).toHaveLength(2);
});

describe('what the user refuses', () => {
  const cancelled = new AuthError({ code: 'cancelled', detail: 'Not now.' });
  test.each(CALLS)('%s: surfaces as the error, and nothing is repeated', async (_, path, call) => {
    server.answers[path] = sensitive(done);
    user = () => Promise.reject(cancelled);
    await expect(call()).rejects.toBe(cancelled);
    expect(server.to(path)).toHaveLength(1);
  });

  test('an error of the dialog’s own is the cause of one of ours', async () => {
    server.answers[API] = sensitive(done);
    const cause = new Error('closed');
    user = () => Promise.reject(cause);
    await expect(auth.fetch(API)).rejects.toMatchObject({ code: STEP_UP, cause });
  });

  test('the next request asks again', async () => {
    server.answers[API] = sensitive(done);
    user = () => Promise.reject(cancelled);
    await auth.fetch(API).catch(() => undefined);
    user = () => factors.reauthenticate({ method: 'totp', code: '123456' });
    expect((await auth.fetch(API)).status).toBe(200);
    expect(asked).toHaveLength(2);
  });
});

test('whoever signs in while the user is asked does not repeat what the user has asked for', async () => {
  server.answers[API] = sensitive(done);
  server.answers['/logout'] = () => new Response(null, { status: 204 });
  let confirm: () => void = () => undefined;
  user = () => new Promise<void>((resolve) => (confirm = resolve));
  const refused = expect(auth.fetch(API)).rejects.toMatchObject({ code: STEP_UP });
  await pass(1);
  await auth.logout();
  await refused;
  server.answers['/login'] = () => server.tokensAnswer(600, { ...USER, id: 2, email: 'grace@example.com' });
  await auth.login({ email: 'grace@example.com', password: PASSWORD });
  confirm();
  await pass(1);
  expect(server.to(API)).toHaveLength(1);
});

test('the same user may sign in anew instead', async () => {
  server.answers[API] = sensitive(done);
  user = () => auth.login({ email: USER.email, password: PASSWORD });
  expect((await auth.fetch(API)).status).toBe(200);
});

test('one that is refused again is the caller’s', async () => {
  server.answers[API] = () => problem(401, STEP_UP, CHALLENGE);
  const response = await auth.fetch(API);
  await expect(response.json()).resolves.toMatchObject({ code: STEP_UP });
  expect([asked.length, server.to(API).length]).toEqual([1, 2]);
});

test('a 401 of another kind asks nobody', async () => {
  server.answers[API] = () => problem(401, 'payment_needed');
  server.answers['/user'] = () => problem(401, 'bad_credentials');
  expect((await auth.fetch(API)).status).toBe(401);
  await expect(auth.deleteAccount({ password: 'no' })).rejects.toMatchObject({ code: 'bad_credentials' });
  expect(asked).toEqual([]);
});

test('a body that is read once is sent once, and the next one gets through', async () => {
  server.answers[API] = sensitive(done);
  const send = () =>
    auth.fetch(API, { method: 'POST', body: new Blob(['a']).stream(), duplex: 'half' } as RequestInit);
  expect((await send()).status).toBe(401);
  expect((await send()).status).toBe(200);
  expect(asked).toHaveLength(1);
});

test('the client is the same: who is signed in, listeners, and closing', async () => {
  expect([auth.user, auth.expiresIn]).toEqual([USER, 600]);
  const told: unknown[] = [];
  auth.onChange((_, reason) => told.push(reason));
  server.answers['/logout'] = () => new Response(null, { status: 204 });
  await auth.logout();
  await Promise.resolve();
  expect([auth.user, told]).toEqual([null, ['logout']]);
});

const jwt = (n: number) => `e30.${btoa(JSON.stringify({ iat: 0, exp: 600, n }))}.e30`;
test.each([
  [
    'django',
    django,
    (n: number) => ({ access: jwt(n), refresh: '', user: USER }),
    { detail: 'Fresh sign-in needed.', code: STEP_UP },
  ],
  [
    'envelope',
    envelope,
    (n: number) => ({ code: 200, message: 'success', token: { access: jwt(n) } }),
    { code: 401, message: 'Fresh sign-in needed.', error: STEP_UP },
  ],
])('in the words of %s', async (_, dialect, tokens, refusal) => {
  server.answers['/user'] = () => Response.json({ code: 200, message: '', ...USER, user: USER });
  server.answers['/login'] = () => Response.json(tokens(1));
  server.answers['/reauthenticate'] = () => Response.json(tokens(2));
  const other: Auth = withStepUp(server.client({ dialect }), () =>
    createFactors(other).reauthenticate({ method: 'password', password: PASSWORD }),
  );
  await other.login({ email: USER.email, password: PASSWORD });
  server.answers['/orders'] = ({ headers }) =>
    headers.get('Authorization') === `Bearer ${jwt(1)}`
      ? Response.json(refusal, { status: 401 })
      : Response.json([]);
  expect((await other.fetch(`${BASE}/orders`)).status).toBe(200);
  other.close();
});
