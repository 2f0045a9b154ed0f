import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { usernameColumns } from '../../src/username.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { isEmbedded } from '../support/database.js';
import { secretOf } from '../support/smtp.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';

const WRONG = 'not the password at all';

/** Letters only, as in {@link uniqueEmail}. */
const uniqueName = () =>
  `u${randomBytes(5)
    .toString('hex')
    .replace(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))}`;

/** A name, and the same in letters of another script. */
function lookalikes(): [latin: string, cyrillic: string] {
  const letters = [...randomBytes(12)].map((byte) => byte % 6);
  return ['aceopx', 'асеорх'].map((script) => letters.map((i) => script.charAt(i)).join('')) as [
    string,
    string,
  ];
}

const register = (app: TestApp, body: object, browser = app.browser()): Promise<Answer> =>
  browser.post('/auth/registration', { password: PASSWORD, ...body });

async function registered(app: TestApp, body: object): Promise<Browser> {
  const browser = app.browser();
  expect(await register(app, body, browser)).toMatchObject({ status: 201 });
  return browser;
}

/** A user as another system has named them. */
async function imported(app: TestApp, username: string, isExact: boolean): Promise<void> {
  const { usernameFolded, usernameSkeleton } = usernameColumns(username);
  await app.sql(
    `INSERT INTO tokenjar.users (username, username_folded, username_skeleton, username_is_exact, password_hash, created_at)
      SELECT $1, $2, $3, $4, password_hash, now() FROM tokenjar.users WHERE username = $5`,
    [username, usernameFolded, usernameSkeleton, isExact, 'of-imported-users'],
  );
}

describe('SIGN_IN_WITH=both', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ signInWith: 'both', emailCodeLogin: true });
    await registered(app, { username: 'of-imported-users' });
  });
  afterAll(() => app.close());

  const login = (body: object, browser = app.browser()) =>
    browser.post('/auth/login', { password: PASSWORD, ...body });

  test('a user signs in with either name, in upper or lower case, and wide or narrow', async () => {
    const name = uniqueName();
    const email = uniqueEmail();
    const { body } = await register(app, { username: `  ${name.toUpperCase()} `, email });
    expect(body.user).toMatchObject({ username: name.toUpperCase(), email });
    const wide = [...name]
      .map((letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0))
      .join('');
    for (const named of [
      { email },
      { username: name },
      { username: name.toUpperCase() },
      { username: wide },
      { username: email },
    ])
      expect(await login(named)).toMatchObject({ status: 200, body: { user: body.user } });
    for (const named of [{ username: `${name}x` }, { email: uniqueEmail() }])
      expect(await login(named)).toMatchObject({
        status: 401,
        body: { code: 'bad_credentials', detail: 'Wrong name or password.' },
      });
    expect(await login({})).toMatchObject({ status: 400, body: { code: 'input_invalid' } });
  });

  test('a name that is taken is said to be, and the address is not looked at', async () => {
    const name = uniqueName();
    const email = uniqueEmail();
    await registered(app, { username: name, email });
    // A Cyrillic letter among the others would be mixed; a whole name of them looks like a Latin one.
    await registered(app, { username: 'paypa' });
    for (const username of [name.toUpperCase(), 'раура', 'PAYPA'])
      for (const address of [undefined, uniqueEmail(), email])
        expect(await register(app, { username, email: address })).toMatchObject({
          status: 409,
          body: { code: 'username_taken' },
        });
    expect(await register(app, { username: uniqueName(), email })).toMatchObject({
      body: { code: 'email_taken' },
    });
    for (const username of ['paypal1', 'paypall']) await registered(app, { username });
  });

  test.each([
    'a b',
    'jаne',
    'x\u0000',
    '\u0301a',
    'ㅤ',
    'someone@example.com',
    'a'.repeat(151),
    '﷽',
    '★',
    '1א',
  ])('a new name is not %j', async (username) => {
    expect(await register(app, { username })).toMatchObject({
      status: 400,
      body: { errors: { username: [expect.any(String)] } },
    });
  });

  test.each([
    'Ren\u00e9',
    '제인',
    'たなか花子',
    'אבג1',
    'o\u2019neil'.replace('\u2019', "'"),
    'a',
    'x'.repeat(150),
  ])('a new name may be %j', async (username) => {
    await registered(app, { username });
    expect(await login({ username })).toMatchObject({ status: 200 });
  });

  test('the own address may be the name, that of somebody else signs in to their account only', async () => {
    const email = uniqueEmail();
    await registered(app, { username: email, email });
    const other = uniqueEmail();
    await imported(app, other, false);
    await registered(app, { email: other });
    const { body } = await login({ username: other });
    expect(body.user).toMatchObject({ email: other, username: null });
  });

  test('of imported names that differ by case each signs in as it is written', async () => {
    const name = uniqueName();
    for (const each of [name, name.toUpperCase()]) await imported(app, each, true);
    for (const username of [name, name.toUpperCase()])
      expect(await login({ username })).toMatchObject({ body: { user: { username, email: null } } });
    const capitalized = name.replace(/^./, (first) => first.toUpperCase());
    expect(await login({ username: capitalized })).toMatchObject({ status: 401 });
    expect(await register(app, { username: capitalized })).toMatchObject({ status: 409 });
    const alone = uniqueName().toUpperCase();
    await imported(app, alone, false);
    expect(await login({ username: alone.toLowerCase() })).toMatchObject({ status: 200 });
  });

  test('of two registrations of a name at once one succeeds', async () => {
    const name = uniqueName();
    const answers = await Promise.all(
      [name, name.toUpperCase()].map((username) => register(app, { username })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test('of two names at once that look alike one is given, to new accounts and to those that are renamed', async () => {
    const [one, other] = [
      await registered(app, { username: uniqueName() }),
      await registered(app, { username: uniqueName() }),
    ];
    for (let i = 0; i < 3; i++) {
      const made = await Promise.all(lookalikes().map((username) => register(app, { username })));
      expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
      const [latin, cyrillic] = lookalikes();
      const changed = await Promise.all([
        one.patch('/auth/user', { username: latin }),
        other.patch('/auth/user', { username: cyrillic }),
        register(app, { username: latin }),
      ]);
      expect(changed.map(({ status }) => status).filter((status) => status !== 409)).toHaveLength(1);
    }
  });

  test('a name is changed after a recent sign-in, and one that is not changed asks for nothing', async () => {
    const name = uniqueName();
    const email = uniqueEmail();
    const user = await registered(app, { username: name, email });
    const next = uniqueName();
    expect(await user.patch('/auth/user', { username: next })).toMatchObject({
      status: 200,
      body: { username: next },
    });
    expect(await login({ username: name })).toMatchObject({ status: 401 });
    expect(await login({ username: next })).toMatchObject({ status: 200 });
    expect(await user.patch('/auth/user', { username: 'of-imported-users' })).toMatchObject({ status: 409 });
    app.clock.advance(16 * 60);
    await user.refresh();
    expect(await user.patch('/auth/user', { username: name })).toMatchObject({
      status: 401,
      body: { code: 'insufficient_user_authentication' },
    });
    expect(await user.patch('/auth/user', { username: next, locale: 'ko' })).toMatchObject({
      status: 200,
      body: { username: next, locale: 'ko' },
    });
    const events = await user.get('/auth/activity');
    expect(events.text).toContain('username_changed');
  });

  test('what needs an address answers for an account without one as for nobody', async () => {
    const username = uniqueName();
    const user = await registered(app, { username });
    expect(await user.get('/auth/user')).toMatchObject({
      body: { email: null, email_verified: false, username },
    });
    for (const path of [
      '/auth/password/reset',
      '/auth/registration/resend-email',
      '/auth/login/code',
      '/auth/login/unlock/resend',
    ])
      for (const email of [username, `${username}@example.com`])
        expect([path, await app.browser().post(path, { email })]).toMatchObject([
          path,
          { status: email === username ? 400 : 200 },
        ]);
  });

  // Each of the operations that the document shows, with the body that it shows.
  test('no operation fails for an account without an address', async () => {
    const { paths } = (await app.browser().get('/openapi.json')).body as unknown as {
      paths: Record<
        string,
        Record<
          string,
          { requestBody?: { content: Record<string, { examples: { example: { value: object } } }> } }
        >
      >;
    };
    const failed: unknown[] = [];
    for (const [path, methods] of Object.entries(paths))
      for (const [method, { requestBody }] of Object.entries(methods)) {
        if (!path.startsWith('/auth')) continue;
        const user = await registered(app, { username: uniqueName() });
        const filled = path
          .replace(/\{(id|user)\}/g, path.includes('/admin/users/') ? '1' : randomUUID())
          .replace(/\{\w+\}/g, randomUUID());
        const shown = Object.values(requestBody?.content ?? {})[0]?.examples.example.value;
        const json = shown && {
          ...shown,
          ...('password' in shown && { password: PASSWORD }),
          ...('old_password' in shown && { old_password: PASSWORD }),
        };
        const { status, text } = await user.send(method.toUpperCase(), filled, { json });
        if (status >= 500) failed.push([method, path, status, text]);
      }
    expect(failed).toEqual([]);
  });
});

describe('limits', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      signInWith: 'both',
      rateLimit: true,
      trustedProxies: ['loopback'],
      limitRegistrationNetwork: 'off',
    });
  });
  afterAll(() => app.close());

  let hosts = 0;
  const guess = (body: object) =>
    app
      .browser()
      .post(
        '/auth/login',
        { password: WRONG, ...body },
        { headers: { 'x-forwarded-for': `10.1.${++hosts}.1` } },
      );
  const statuses = async (names: object[], most: number) => {
    const seen: number[] = [];
    for (let i = 0; i < most; i++) seen.push((await guess(names[i % names.length] ?? {})).status);
    return seen;
  };
  const TEN = [...Array.from({ length: 10 }, () => 401), 429];

  test('two names of an account have the attempts of one', async () => {
    const username = uniqueName();
    const email = uniqueEmail();
    await registered(app, { username, email });
    expect(await statuses([{ username }, { email }, { username: username.toUpperCase() }], 11)).toEqual(TEN);
    expect(await guess({ email })).toMatchObject({ status: 429 });
  });

  test('an account without an address, and a name that nobody has, have as many', async () => {
    const username = uniqueName();
    await registered(app, { username });
    expect(await statuses([{ username }], 11)).toEqual(TEN);
    expect(await statuses([{ username: uniqueName() }], 1)).toEqual([401]);
    const nobody = uniqueName();
    expect(await statuses([{ username: nobody }, { username: nobody.toUpperCase() }], 11)).toEqual(TEN);
  });

  test('the browser of the owner is known by whatever name', async () => {
    const username = uniqueName();
    const owner = await registered(app, { username });
    await statuses([{ username }], 11);
    expect(await owner.post('/auth/login', { username, password: PASSWORD })).toMatchObject({ status: 200 });
  });
});

(isEmbedded ? describe.skip : describe)('SIGN_IN_WITH=username', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ signInWith: 'username' });
  });
  afterAll(() => app.close());

  test('an address is no name, and need not be there', async () => {
    const username = uniqueName();
    const email = uniqueEmail();
    await registered(app, { username, email });
    const browser = app.browser();
    expect(await browser.post('/auth/login', { email, password: PASSWORD })).toMatchObject({ status: 400 });
    expect(await browser.post('/auth/login', { username: email, password: PASSWORD })).toMatchObject({
      status: 401,
    });
    expect(await browser.post('/auth/login', { username, password: PASSWORD })).toMatchObject({
      status: 200,
    });
    expect(await register(app, { email: uniqueEmail() })).toMatchObject({
      status: 400,
      body: { errors: { username: expect.anything() } },
    });
    await registered(app, { username: uniqueName() });
  });
});

describe('SIGN_IN_WITH=both, EMAIL_VERIFICATION=mandatory', () => {
  let mailApp: MailApp;
  beforeAll(async () => {
    mailApp = await startMailApp({ signInWith: 'both', emailVerification: 'mandatory' });
  });
  afterAll(() => mailApp.close());

  test('a registration that waits is known by its name to whoever has its password', async () => {
    const { app, mail } = mailApp;
    const [username, email] = [uniqueName(), uniqueEmail()];
    expect((await register(app, { username, email })).status).toBe(201);
    const login = (body: object) => app.browser().post('/auth/login', { password: PASSWORD, ...body });
    for (const named of [{ username }, { email }])
      expect(await login(named)).toMatchObject({ body: { code: 'email_not_verified' } });
    for (const named of [{ username, password: WRONG }, { username: uniqueName() }])
      expect(await login(named)).toMatchObject({ status: 401, body: { code: 'bad_credentials' } });
    expect(await register(app, { username, email: uniqueEmail() })).toMatchObject({
      body: { code: 'username_taken' },
    });
    const key = secretOf((await mail.emailTo(email)).link);
    const verified = await app.browser().post('/auth/registration/verify-email', { key, email });
    expect(verified).toMatchObject({ status: 200 });
    expect(await login({ username })).toMatchObject({ status: 200, body: { user: { username, email } } });
  });
});

describe('SIGN_IN_WITH=email', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('knows no usernames', async () => {
    const user = await app.signedUp();
    const { body } = await user.get('/auth/user');
    expect(Object.keys(body)).toEqual(['id', 'email', 'email_verified', 'roles', 'locale', 'created_at']);
    const { body: changed } = await user.patch('/auth/user', { username: uniqueName() });
    expect(changed).toEqual(body);
    expect(
      await app.browser().post('/auth/login', { username: user.email, password: PASSWORD }),
    ).toMatchObject({ status: 400 });
  });
});
