import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RefusalRecords } from '../../src/audit/refusal-records.js';
import { PASSWORD, startApp, uniqueEmail } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type MailServer, secretOf, startMailServer } from '../support/smtp.js';
import { expectProblem } from '../support/problem.js';

const STRANGE = 'the password of a stranger';
const CHOSEN = 'a rather different set of words';

let mail: MailServer;
beforeAll(async () => {
  mail = await startMailServer();
});
afterAll(() => mail.stop());

let hosts = 0;
const newAddress = () => `198.51.100.${++hosts}`;
const codeOf = ({ status, body }: Answer) => [status, body.code ?? null];

async function start(emailVerification: 'mandatory' | 'optional', limitRegistrationNetwork = 'off') {
  const app = await startApp({
    rateLimit: true,
    trustedProxies: ['loopback'],
    smtpUrl: mail.url,
    frontendUrl: 'https://app.example',
    emailVerification,
    limitRegistrationNetwork,
    limitLoginAttemptsAccount: '20/1h',
  });
  const post = (path: string, json: object, browser: Browser = app.browser(), from = newAddress()) =>
    browser.post(path, json, { headers: { 'x-forwarded-for': from } });
  return {
    app,
    post,
    register: (email: string, password: string, from?: string) =>
      post('/auth/registration', { email, password }, undefined, from),
    login: (email: string, password: string, browser?: Browser, from?: string) =>
      post('/auth/login', { email, password }, browser, from),
    /** Requests an email, and returns the link of the next one to the address. */
    async linkAfter(email: string, path: string): Promise<string> {
      const before = mail.to(email).length;
      expect((await post(path, { email })).status).toBe(200);
      const [sent] = await eventually(
        () => mail.to(email).slice(before),
        ({ length }) => length > 0,
      );
      return sent?.link ?? '';
    },
    verify: (link: string) => post('/auth/registration/verify-email', { key: secretOf(link) }),
    choose: (link: string) =>
      post('/auth/password/reset/confirm', { token: secretOf(link), new_password: CHOSEN }),
  };
}
type World = Awaited<ReturnType<typeof start>>;

/** An account whose address is verified, and a browser that it knows. */
async function owner(world: World): Promise<{ email: string; browser: Browser }> {
  const [email, browser] = [uniqueEmail(), world.app.browser()];
  await world.register(email, PASSWORD);
  expect((await world.verify((await mail.emailTo(email)).link)).status).toBe(200);
  expect((await world.login(email, PASSWORD, browser)).status).toBe(200);
  return { email, browser };
}

describe('with mandatory verification', () => {
  let world: World;
  beforeAll(async () => {
    world = await start('mandatory');
  });
  afterAll(() => world.app.close());

  test('a stranger’s logins with the password they registered do not lock out the owner', async () => {
    const { email, browser } = await owner(world);
    expect((await world.register(email, STRANGE)).status).toBe(201);
    const from = newAddress();
    const codes = new Set<unknown>();
    for (let i = 0; i < 22; i++) codes.add((await world.login(email, STRANGE, undefined, from)).body.code);
    expect([...codes]).toEqual(['email_not_verified']);
    // They are recorded in numbers, and do not bury what else happened to the account.
    await world.app.app.get(RefusalRecords).flush();
    const recorded = await world.app.sql(
      `SELECT event, outcome, count FROM tokenjar.audit_events WHERE reason = 'email_not_verified'
         AND user_id = (SELECT id FROM tokenjar.users WHERE email = $1)`,
      [email],
    );
    expect(recorded).toEqual([{ event: 'login', outcome: 'failure', count: 22 }]);
    expect((await world.login(email, PASSWORD, browser)).status).toBe(200);
    expect((await world.login(email, PASSWORD)).status).toBe(200);
  });

  test('a user told to verify an address with an account learns of the account by the next email', async () => {
    const { email } = await owner(world);
    // The owner has forgotten that there is an account, and goes by what the page says.
    await world.register(email, CHOSEN);
    await mail.emailTo(email, 3);
    expectProblem(await world.login(email, CHOSEN), 'email_not_verified');
    const link = await world.linkAfter(email, '/auth/registration/resend-email');
    expect(link).toContain('/reset-password#');
    expect((await world.choose(link)).status).toBe(200);
    expect((await world.login(email, CHOSEN)).status).toBe(200);
  });

  test('an address whose account was deleted can be registered, or moved to', async () => {
    const [one, other] = [await owner(world), await owner(world)];
    const old = mail.to(one.email).flatMap(({ link }) => (link.includes('key=') ? [link] : []));
    expect((await one.browser.delete('/auth/user', { password: PASSWORD })).status).toBe(204);
    for (const link of old) expectProblem(await world.verify(link), 'link_invalid');
    const before = mail.to(one.email).length;
    const move = { new_email: one.email, password: PASSWORD };
    expect((await world.post('/auth/email/change', move, other.browser)).status).toBe(200);
    const find = () =>
      mail
        .to(one.email)
        .slice(before)
        .find(({ link }) => link.includes('/change-email#'));
    const found = await eventually(find, (sent) => sent !== undefined);
    const key = secretOf(found?.link ?? '');
    expect((await world.post('/auth/email/change/confirm', { key })).status).toBe(200);
  });

  describe('an address to which an owner wants to move', () => {
    const find = async (to: string, before = 0) => {
      const links = () =>
        mail
          .to(to)
          .slice(before)
          .filter(({ link }) => link.includes('/change-email#'));
      const [found] = await eventually(links, ({ length }) => length > 0);
      return secretOf(found?.link ?? '');
    };
    const move = ({ browser }: { browser: Browser }, to: string) =>
      world.post('/auth/email/change', { new_email: to, password: PASSWORD }, browser);
    const confirm = (key: string, browser?: Browser) =>
      world.post('/auth/email/change/confirm', { key }, browser);

    test('cannot be used up by requests for emails to it', async () => {
      const [one, next] = [await owner(world), uniqueEmail()];
      for (let i = 0; i < 6; i++) await world.post('/auth/registration/resend-email', { email: next });
      expect((await world.post('/auth/registration/resend-email', { email: next })).status).toBe(429);
      expect((await move(one, next)).status).toBe(200);
      expect((await confirm(await find(next))).status).toBe(200);
      // But the mailbox is spared here too.
      const another = await owner(world);
      const asked: unknown[] = [];
      for (let i = 0; i < 5; i++) asked.push((await move(another, next)).status);
      expect(asked).toEqual([200, 200, 200, 200, 429]);
    });

    test.each(['before', 'after'])(
      'can be moved to although somebody registers it %s they ask',
      async (when) => {
        const [one, next, stranger] = [await owner(world), uniqueEmail(), await owner(world)];
        if (when === 'before') await world.register(next, STRANGE);
        expect((await move(one, next)).status).toBe(200);
        const key = await find(next);
        if (when === 'after') await world.register(next, STRANGE);
        // A user who reads the mailbox and expects an email from us does not give the address to a stranger's account.
        for (const browser of [undefined, stranger.browser])
          expectProblem(await confirm(key, browser), 'sign_in_required');
        expect((await confirm(key, one.browser)).status).toBe(200);
        expect((await one.browser.get('/auth/user')).body).toMatchObject({ email: next });
      },
    );
  });

  test('emails that unlock an account do not use up reset emails', async () => {
    const { email } = await owner(world);
    const asked: unknown[] = [];
    for (let i = 0; i < 6; i++) asked.push((await world.post('/auth/login/unlock/resend', { email })).status);
    expect(asked).toEqual([200, 200, 200, 200, 200, 429]);
    expect((await world.post('/auth/password/reset', { email })).status).toBe(200);
  });
});

describe.each(['mandatory', 'optional'] as const)(
  'an owner whom a stranger has kept from registering (%s)',
  (mode) => {
    test('verifies nobody else’s password', async () => {
      const world = await start(mode);
      try {
        const email = uniqueEmail();
        for (let i = 0; i < 5; i++) await world.register(email, STRANGE);
        const { link } = await mail.emailTo(email, mode === 'mandatory' ? 5 : 1);
        expectProblem(await world.register(email, PASSWORD), 'rate_limited');
        expectProblem(await world.verify(link), 'link_invalid');
        const next = await world.linkAfter(email, '/auth/registration/resend-email');
        expect((await world.choose(next)).status).toBe(200);
        expect((await world.login(email, STRANGE)).status).not.toBe(200);
        expect((await world.login(email, CHOSEN)).status).toBe(200);
      } finally {
        await world.app.close();
      }
    });
  },
);

describe.each(['mandatory', 'optional'] as const)('a refused owner (%s)', (mode) => {
  test.each<[string, (world: World, email: string) => Promise<Answer>, unknown[]]>([
    [
      'by the limit of their network',
      async (world, email) => {
        const from = newAddress();
        expect((await world.register(uniqueEmail(), PASSWORD, from)).status).toBe(201);
        return world.register(email, PASSWORD, from);
      },
      [429, 'rate_limited'],
    ],
    [
      'for a password that is too short',
      (world, email) => world.register(email, 'short'),
      [400, 'password_too_short'],
    ],
  ])('%s does not let a click verify a stranger’s password', async (_why, register, refusal) => {
    const world = await start(mode, '1/1h');
    try {
      const email = uniqueEmail();
      await world.register(email, STRANGE);
      const { link } = await mail.emailTo(email);
      expect(codeOf(await register(world, email))).toEqual(refusal);
      expectProblem(await world.verify(link), 'link_invalid');
    } finally {
      await world.app.close();
    }
  });
});

test('registering somebody else’s address does not reveal where they sign in', async () => {
  const world = await start('optional');
  try {
    const [email, stranger, from] = [uniqueEmail(), world.app.browser(), '198.51.100.250'];
    await world.post('/auth/registration', { email, password: STRANGE }, stranger);
    await world.login(email, PASSWORD, undefined, from);
    await world.post('/auth/password/reset', { email }, undefined, from);
    const read = async (browser: Browser) =>
      ((await browser.get('/auth/activity')).body as unknown as { event: string; ip: string | null }[]).map(
        ({ event, ip }) => [event, ip === from ? 'shown' : ip && 'own'],
      );
    expect(await read(stranger)).toEqual([
      ['password_reset_requested', null],
      ['login', null],
      ['login', 'own'],
      ['registration', 'own'],
    ]);
    const { link } = await mail.emailTo(email, 2);
    expect((await world.choose(link)).status).toBe(200);
    world.app.clock.advance(1);
    const owned = world.app.browser();
    expect((await world.login(email, CHOSEN, owned)).status).toBe(200);
    expect((await read(owned)).filter(([, ip]) => ip === 'shown')).toEqual([
      ['password_reset_requested', 'shown'],
      ['login', 'shown'],
    ]);
  } finally {
    await world.app.close();
  }
});
