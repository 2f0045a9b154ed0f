import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Sending } from '../../src/mail/sending.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const STRANGE = 'the password of a stranger';
const CHOSEN = 'a rather different set of words';

let mail: MailServer;
let database: TestDatabase;
let clock: TestClock;
let here: TestApp;
let there: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  database = await createDatabase();
  clock = new TestClock();
  const settings = { clock, smtpUrl: mail.url, frontendUrl: 'https://app.example' };
  here = await startApp({ ...settings, emailVerification: 'mandatory' }, database);
  there = isEmbedded ? here : await startApp({ ...settings, emailVerification: 'mandatory' }, database);
});
afterAll(async () => {
  await here.close();
  if (there !== here) await there.close();
  await mail.stop();
  await database.drop();
});

const post = (path: string, json: object) => here.browser().post(path, json);
const register = (email: string, password: string) => post('/auth/registration', { email, password });
const login = (email: string, password: string) => post('/auth/login', { email, password });
const codeOf = ({ status, body }: Answer) => [status, body.code ?? null];
/** Everything on the wire but the time. */
const wireOf = ({ status, headers, text }: Answer) => ({
  status,
  text,
  headers: Object.fromEntries([...headers].filter(([name]) => name !== 'date')),
});
const settle = () => Promise.all([here, there].map(({ app }) => app.get(Sending).run()));
const linksTo = async (email: string, count: number) => {
  await mail.emailTo(email, count);
  await settle();
  return mail.to(email).map(({ link }) => link);
};
/** Does what the page does that a link leads to: where a password is asked for, the owner chooses one. */
const click = (link: string, app = here): Promise<Answer> => {
  const secrets = new URLSearchParams(new URL(link).hash.slice(1));
  const key = secrets.get('key');
  const [path, json] =
    key === null
      ? ['/auth/password/reset/confirm', { token: secrets.get('token'), new_password: CHOSEN }]
      : ['/auth/registration/verify-email', { key }];
  return app.browser().post(path, json);
};

async function verified(email = uniqueEmail()): Promise<string> {
  await register(email, PASSWORD);
  const [link = ''] = await linksTo(email, 1);
  expect((await click(link)).status).toBe(200);
  return email;
}
/** Made while addresses did not have to be verified. */
async function unverified(email = uniqueEmail(), password = PASSWORD): Promise<string> {
  const before = await startApp({ clock, emailVerification: 'none' }, isEmbedded ? undefined : database);
  await before.browser().post('/auth/registration', { email, password });
  await before.close();
  return email;
}

describe('registration does not reveal whether an address has an account', () => {
  const OTHERS: Record<string, () => Promise<string>> = {
    'a verified account': () => verified(),
    ...(!isEmbedded && { 'an account that is not verified': () => unverified() }),
    'a deactivated account': async () => {
      const email = await verified();
      await here.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [email]);
      return email;
    },
    'a registration that waits': async () => {
      const email = uniqueEmail();
      await register(email, PASSWORD);
      return email;
    },
  };
  /** What a stranger may try, one after the other. */
  const TRIES: [string, object][] = [
    ['/auth/login', { password: STRANGE }],
    ['/auth/registration', { password: STRANGE }],
    ['/auth/login', { password: STRANGE }],
    ['/auth/token', { password: STRANGE }],
    ['/auth/signup', { password: STRANGE }],
    ['/auth/password/reset', {}],
    ['/auth/registration/resend-email', {}],
    ['/auth/registration', { password: `${STRANGE}, another` }],
    ['/auth/login', { password: STRANGE }],
    ['/auth/login', { password: `${STRANGE}, another` }],
    ['/auth/login', { password: 'a password that nobody typed' }],
  ];

  test.each(Object.keys(OTHERS))('%s', async (what) => {
    const [taken, free] = [(await OTHERS[what]?.()) ?? '', uniqueEmail()];
    for (const [path, json] of TRIES) {
      const both = [taken, free].map((email) => post(path, { email, ...json }));
      const [one, other] = (await Promise.all(both)) as [Answer, Answer];
      expect([path, wireOf(one)]).toEqual([path, wireOf(other)]);
    }
  });

  test('nor later, when the owner has verified the address or left', async () => {
    const email = uniqueEmail();
    await register(email, STRANGE);
    await linksTo(email, 1);
    await register(email, PASSWORD);
    const links = await linksTo(email, 2);
    expect((await click(links[1] ?? '')).status).toBe(200);
    expect(codeOf(await login(email, STRANGE))).toEqual([403, 'email_not_verified']);
    const owner = here.browser();
    expect((await owner.login(email, CHOSEN)).status).toBe(200);
    expect((await owner.delete('/auth/user', { password: CHOSEN })).status).toBe(204);
    expect(codeOf(await login(email, STRANGE))).toEqual([403, 'email_not_verified']);
    clock.advance(7 * 86_400);
    expect(codeOf(await login(email, STRANGE))).toEqual([401, 'bad_credentials']);
  });
});

test.each(['django', 'django-legacy', 'envelope'] as const)(
  'nothing tells whether an address has an account in the %s dialect either',
  async (dialect) => {
    const app = await startApp({ dialect, smtpUrl: mail.url, emailVerification: 'mandatory' });
    try {
      const send = (path: string, email: string, password: string) =>
        app.browser().post(path, { email, password, password1: password, password2: password });
      const [taken, free] = [uniqueEmail(), uniqueEmail()];
      await send('/auth/registration', taken, PASSWORD);
      await click((await mail.emailTo(taken)).link, app);
      expect((await send('/auth/login', taken, PASSWORD)).status).toBe(200);
      for (const path of [
        '/auth/login',
        '/auth/registration',
        '/auth/login',
        '/auth/token',
        '/auth/signup',
      ]) {
        const [one, other] = [await send(path, taken, STRANGE), await send(path, free, STRANGE)];
        expect([path, wireOf(one)]).toEqual([path, wireOf(other)]);
      }
    } finally {
      await app.close();
    }
  },
);

describe('the owner’s click verifies no password entered by a stranger', () => {
  const ORDERS: [string, string[]][] = [
    ['the stranger first', [STRANGE, PASSWORD]],
    ['the owner first', [PASSWORD, STRANGE]],
    ['the stranger first and last', [STRANGE, PASSWORD, STRANGE]],
    ['the owner first and last', [PASSWORD, STRANGE, PASSWORD]],
  ];
  const CLICKS = [0, 1, 2, 'resent'] as const;

  describe.each(ORDERS)('%s', (_order, typed) => {
    test.each(CLICKS)('with email number %s', async (clicked) => {
      const email = uniqueEmail();
      for (const [i, password] of typed.entries()) {
        expect((await register(email, password)).status).toBe(201);
        await mail.emailTo(email, i + 1);
      }
      let links = await linksTo(email, typed.length);
      if (clicked === 'resent') {
        await post('/auth/registration/resend-email', { email });
        links = await linksTo(email, typed.length + 1);
      }
      const link = clicked === 'resent' ? links.at(-1) : links[clicked];
      if (link !== undefined) await click(link);
      for (const each of links) await click(each);
      expect((await login(email, STRANGE)).status).not.toBe(200);
      expect((await login(email, CHOSEN)).status).toBe(200);
    });

    test('with delayed emails', async () => {
      const email = uniqueEmail();
      mail.refuse = () => ({ code: 451, text: 'greylisted' });
      for (const password of typed) await register(email, password);
      await settle();
      mail.refuse = () => undefined;
      clock.advance(2);
      for (const link of await linksTo(email, 1)) await click(link);
      expect((await login(email, STRANGE)).status).not.toBe(200);
      expect((await login(email, CHOSEN)).status).toBe(200);
    });
  });

  test('with concurrent registrations at two instances', async () => {
    for (let i = 0; i < 5; i++) {
      const email = uniqueEmail();
      await Promise.all([
        register(email, STRANGE),
        there.browser().post('/auth/registration', { email, password: PASSWORD }),
      ]);
      for (const link of await linksTo(email, 1)) await click(link);
      expect((await login(email, STRANGE)).status).not.toBe(200);
      expect((await login(email, CHOSEN)).status).toBe(200);
    }
  });

  test('nor gives the address to a stranger’s account', async () => {
    for (const isFirst of [true, false]) {
      const [stranger, email] = [await verified(), uniqueEmail()];
      const browser = here.browser();
      await browser.login(stranger);
      const ask = () => browser.post('/auth/email/change', { new_email: email, password: PASSWORD });
      if (isFirst) expect((await ask()).status).toBe(200);
      if (isFirst) await mail.emailTo(email);
      await register(email, CHOSEN);
      await mail.emailTo(email, isFirst ? 2 : 1);
      if (!isFirst) expect((await ask()).status).toBe(200);
      const links = await linksTo(email, 2);
      for (const link of isFirst ? links : links.reverse()) await click(link);
      expect((await browser.get('/auth/user')).body).toMatchObject({ email: stranger });
      expect((await login(email, CHOSEN)).status).toBe(200);
    }
  });
});

test('sending the form twice does no harm: either link verifies the address, once', async () => {
  for (const clicked of [0, 1]) {
    const email = uniqueEmail();
    await register(email, PASSWORD);
    await mail.emailTo(email);
    await register(email, PASSWORD);
    const links = await linksTo(email, 2);
    expect((await click(links[clicked] ?? '')).status).toBe(200);
    expect((await login(email, PASSWORD)).body.user).toMatchObject({ email, email_verified: true });
    expect(codeOf(await click(links[1 - clicked] ?? ''))).toEqual([400, 'link_invalid']);
  }
});

test('a user who forgot the password before verification can set another one', async () => {
  const email = uniqueEmail();
  await register(email, PASSWORD);
  await mail.emailTo(email);
  await post('/auth/password/reset', { email });
  const links = await linksTo(email, 2);
  expect(links[1]).toContain('/reset-password#');
  expect((await click(links[1] ?? '')).status).toBe(200);
  expect((await login(email, CHOSEN)).status).toBe(200);
  expect(codeOf(await click(links[0] ?? ''))).toEqual([400, 'link_invalid']);
});

test('a link does not recreate an account that its owner has deleted', async () => {
  const email = uniqueEmail();
  await register(email, STRANGE);
  await mail.emailTo(email);
  await register(email, PASSWORD);
  await mail.emailTo(email, 2);
  await register(email, STRANGE);
  const links = await linksTo(email, 3);
  expect((await click(links[1] ?? '')).status).toBe(200);
  const owner = here.browser();
  await owner.login(email, CHOSEN);
  expect((await owner.delete('/auth/user', { password: CHOSEN })).status).toBe(204);
  for (const link of links) expect(codeOf(await click(link))).toEqual([400, 'link_invalid']);
  expect(await here.sql('SELECT 1 FROM tokenjar.users WHERE email = $1', [email])).toEqual([]);
});

// The embedded database has one instance, and so one mode at a time.
(isEmbedded ? describe.skip : describe)('an account that exists before its address is verified', () => {
  test.each(['none', 'optional'] as const)(
    '(%s): an owner who comes later ends what the stranger had',
    async (mode) => {
      const settings = { clock, smtpUrl: mail.url, frontendUrl: 'https://app.example' };
      const app = await startApp({ ...settings, emailVerification: mode }, database);
      try {
        const email = uniqueEmail();
        const stranger = app.browser();
        const register = (password: string) => app.browser().post('/auth/registration', { email, password });
        await stranger.post('/auth/registration', { email, password: STRANGE });
        await stranger.post('/auth/registration/resend-email', { email });
        await linksTo(email, mode === 'optional' ? 2 : 1);
        // Sent twice, it is the same registration.
        expect(codeOf(await register(STRANGE))).toEqual([409, 'email_taken']);
        const [{ count } = { count: -1 }] = await app.sql<{ count: number }>(
          'SELECT count(*)::int AS count FROM tokenjar.pending_registrations WHERE email = $1',
          [email],
        );
        expect(count).toBe(0);

        expect(codeOf(await register(PASSWORD))).toEqual([409, 'email_taken']);
        for (const link of mail.to(email).map(({ link }) => link))
          expect(codeOf(await click(link))).toEqual([400, 'link_invalid']);
        const sent = mail.to(email).length;
        await app.browser().post('/auth/registration/resend-email', { email });
        const links = await linksTo(email, sent + 1);
        expect((await click(links.at(-1) ?? '')).status).toBe(200);
        // Ended at another instance, so within a moment.
        const { status } = await eventually(
          () => stranger.get('/auth/session'),
          (answer) => answer.status === 401,
        );
        expect(status).toBe(401);
        expect((await stranger.refresh()).status).toBe(401);
        expect(codeOf(await login(email, STRANGE))).toEqual([401, 'bad_credentials']);
        expect((await login(email, CHOSEN)).status).toBe(200);
      } finally {
        await app.close();
      }
    },
  );

  test('(created before the mode was enabled) is not verified by a click once the owner has registered', async () => {
    const email = await unverified(uniqueEmail(), STRANGE);
    await post('/auth/registration/resend-email', { email });
    const [old = ''] = await linksTo(email, 1);
    expect((await register(email, PASSWORD)).status).toBe(201);
    expect(codeOf(await click(old))).toEqual([400, 'link_invalid']);
    const links = await linksTo(email, 2);
    expect((await click(links[1] ?? '')).status).toBe(200);
    expect((await login(email, STRANGE)).status).toBe(401);
    expect((await login(email, CHOSEN)).status).toBe(200);
  });
});
