import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pendingLogin } from '../../client/src/factors.js';
import { type Auth, AuthError } from '../../client/src/index.js';
import { createProviders, type ProvidersApi } from '../../client/src/providers.js';
import { fakeTime, FarServer, problem, realTime, USER } from './far-server.js';
import { PageOfBrowser } from './page-of-browser.js';

let server: FarServer;
let auth: Auth;
let providers: ProvidersApi;
let page: PageOfBrowser;
beforeEach(() => {
  fakeTime();
  page = new PageOfBrowser('https://app.example.com/welcome?a=b#top');
  server = new FarServer();
  auth = server.client();
  providers = createProviders(auth);
});
afterEach(() => {
  auth.close();
  page.close();
  realTime();
});

const json = (status: number, body: object) => () => Response.json(body, { status });
const started = () => server.received.filter(({ path }) => path.endsWith('/start'));
const refusalOf = (work: Promise<unknown>): Promise<AuthError> =>
  work.then(
    () => Promise.reject(new Error('it was no refusal')),
    (error: unknown) => error as AuthError,
  );

describe('on the way to a provider', () => {
  beforeEach(() => {
    server.everything = json(200, { url: 'https://kauth.kakao.com/oauth/authorize?state=x' });
  });

  test('the browser leaves, and comes back to this page unless told otherwise', async () => {
    let isOver = false;
    const leaving = providers.signInWith('kakao', { remember: false }).then(() => (isOver = true));
    await page.left();
    expect(page.assigned).toEqual(['https://kauth.kakao.com/oauth/authorize?state=x']);
    const [{ path = '', body = '' } = {}] = started();
    expect([path, JSON.parse(String(body))]).toEqual([
      '/providers/kakao/start',
      { purpose: 'login', return_to: 'https://app.example.com/welcome?a=b', remember: false },
    ]);
    // Whoever presses the button again has to wait, unless the browser shows this page again.
    expect(isOver).toBe(false);
    page.show();
    await leaving;

    void providers.signInWith('a/../b', { return_to: '/orders' });
    await page.left(2);
    expect(started()[1]?.path).toBe('/providers/a%2F..%2Fb/start');
    expect(JSON.parse(String(started()[1]?.body))).toEqual({ purpose: 'login', return_to: '/orders' });
  });

  test('linking and confirming who one is are asked for with the token, signing in without', async () => {
    server.everything = undefined;
    await auth.login({ email: USER.email, password: 'x' });
    server.everything = json(200, { url: 'https://p.example/' });
    void providers.signInWith('p');
    await page.left();
    void providers.link('p');
    await page.left(2);
    void providers.reauthenticateWith('p');
    await page.left(3);
    expect(
      started().map(({ headers, body }) => [
        JSON.parse(String(body)) as unknown,
        headers.get('Authorization'),
      ]),
    ).toEqual([
      [expect.objectContaining({ purpose: 'login' }), null],
      [expect.objectContaining({ purpose: 'link' }), 'Bearer token-1'],
      [expect.objectContaining({ purpose: 'reauthenticate' }), 'Bearer token-1'],
    ]);
  });

  test('no other address than one of the web is gone to', async () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 1, undefined]) {
      server.everything = json(200, { url });
      expect((await refusalOf(providers.signInWith('kakao'))).code).toBe('unreachable');
    }
    server.everything = () => problem(503, 'provider_unavailable');
    expect((await refusalOf(providers.signInWith('kakao'))).code).toBe('provider_unavailable');
    expect(page.assigned).toEqual([]);
  });
});

describe('on the way back', () => {
  const arrive = (fragment: string) => {
    page.go(`https://app.example.com/welcome?a=b${fragment}`);
    return createProviders(auth).result();
  };

  test('signed in: as after a login, once', async () => {
    const told: unknown[] = [];
    auth.onChange((user, reason) => told.push([user?.email, reason]));
    page.go('https://app.example.com/welcome?a=b#signed_in');
    const results = await Promise.all([providers.result(), providers.result()]);
    expect(results).toEqual(Array(2).fill({ outcome: 'signed_in', user: USER }));
    await Promise.resolve();
    expect([told, server.to('/token/refresh').length]).toEqual([[[USER.email, 'login']], 1]);
    expect([location.href, page.assigned]).toEqual(['https://app.example.com/welcome?a=b', []]);
  });

  test.each(['linked', 'email_required'] as const)('%s is told, without a request', async (outcome) => {
    await expect(arrive(`#${outcome}`)).resolves.toEqual({ outcome });
    expect([location.href, server.received]).toEqual(['https://app.example.com/welcome?a=b', []]);
  });

  test('authenticated again: with a token that says so', async () => {
    await expect(arrive('#reauthenticated')).resolves.toEqual({ outcome: 'reauthenticated' });
    expect(server.to('/token/refresh')).toHaveLength(1);
  });

  test.each([
    ['#error=access_denied', 'access_denied'],
    ['#error=state_missing', 'state_missing'],
    ['#account_exists', 'account_exists'],
  ])('%s is an error with that code', async (fragment, code) => {
    const error = await refusalOf(arrive(fragment));
    expect([error instanceof AuthError, error.code, location.hash]).toEqual([true, code, '']);
  });

  test.each([
    ['second_factor', false],
    ['second_factor_setup', true],
  ])('%s is what it is after a password', async (fragment, isSetup) => {
    server.answers['/login/pending'] = json(200, {
      code: `${fragment}_required`,
      methods: ['totp', 'passkey'],
      expires_in: 290,
    });
    const error = await refusalOf(arrive(`#${fragment}`));
    expect(pendingLogin(error)).toEqual({ isSetup, methods: ['totp', 'passkey'], expiresIn: 290, token: {} });
    server.answers['/login/pending'] = () => problem(401, 'login_expired');
    expect((await refusalOf(arrive(`#${fragment}`))).code).toBe('login_expired');
  });

  test.each(['', '#', '#top', '#signed_in_', '#error=', '#error=a&b', '#/signed_in', '#SIGNED_IN'])(
    'an address of the page’s own stays: %s',
    async (fragment) => {
      await expect(arrive(fragment)).resolves.toBeNull();
      expect(location.hash).toBe(fragment === '#' ? '' : fragment);
      expect(server.received).toEqual([]);
    },
  );
});

test('an address that the provider did not give is named, and confirmed by a code', async () => {
  server.answers['/login/email'] = json(200, { detail: 'An email is on its way.' });
  await providers.requestCode({ email: USER.email });
  server.answers['/login/code/confirm'] = () => problem(409, 'account_exists');
  expect((await refusalOf(providers.confirmCode({ code: '1' }))).code).toBe('account_exists');
  server.answers['/login/code/confirm'] = () => server.tokensAnswer();
  await expect(providers.confirmCode({ code: '12345678' })).resolves.toEqual(USER);
  expect(auth.user).toEqual(USER);
});

test('IDs cannot lead elsewhere, and a success that is not ours is none', async () => {
  await auth.login({ email: USER.email, password: 'x' });
  server.everything = () => new Response(null, { status: 204 });
  await providers.unlink('../user');
  expect(server.received.at(-1)).toMatchObject({ method: 'DELETE', path: '/identities/..%2Fuser' });
  server.everything = () => Response.json({ ok: true });
  for (const call of [
    () => providers.list(),
    () => providers.identities(),
    () => providers.unlink('an-id'),
    () => providers.requestCode({ email: USER.email }),
    () => providers.confirmCode({ code: '1' }),
  ])
    expect((await refusalOf(call())).code).toBe('unreachable');
});
