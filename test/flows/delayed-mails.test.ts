import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Sending } from '../../src/mail/sending.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type MailServer, secretOf, startMailServer } from '../support/smtp.js';

const NEXT = 'a rather different set of words';

let mail: MailServer;
let database: TestDatabase;
let clock: TestClock;
let here: TestApp;
let there: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  database = await createDatabase();
  clock = new TestClock();
  const start = () =>
    startApp(
      { clock, smtpUrl: mail.url, frontendUrl: 'https://app.example', emailVerification: 'optional' },
      database,
    );
  here = await start();
  // The embedded database has one instance.
  there = isEmbedded ? here : await start();
});
afterAll(async () => {
  await here.close();
  if (there !== here) await there.close();
  await mail.stop();
  await database.drop();
});

const send = () => Promise.all([here, there].map(({ app }) => app.get(Sending).run()));
const post = (path: string, json: object) => there.browser().post(path, json);
/** While something is asked for, the mail server takes nothing; the mail waits, and leaves once time goes on. */
async function delayed<Result>(ask: () => Promise<Result>): Promise<Result> {
  mail.refuse = () => ({ code: 451, text: 'greylisted' });
  const result = await ask();
  await send();
  mail.refuse = () => undefined;
  return result;
}
/** What stands in the link of the next mail that has one. */
async function linkAfter(to: string, ask: () => Promise<unknown>): Promise<string> {
  const before = mail.to(to).length;
  await ask();
  const withLink = () =>
    mail
      .to(to)
      .slice(before)
      .find(({ link }) => link !== '');
  return secretOf((await eventually(withLink, (found) => found !== undefined))?.link ?? '');
}
const idOf = async (email: string) => {
  const [row] = await here.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [email]);
  return Number(row?.id);
};

type Owner = Browser & { email: string };

/** Everything that sends a link: who gets it, how it is asked for, and what its link does. */
const ASKED: Record<
  string,
  {
    to: (owner: Owner) => string;
    ask: (owner: Owner, to: string) => Promise<Answer>;
    use: (secret: string) => Promise<Answer>;
  }
> = {
  'a change of address': {
    to: () => uniqueEmail(),
    ask: (owner, to) => owner.post('/auth/email/change', { new_email: to, password: PASSWORD }),
    use: (key) => post('/auth/email/change/confirm', { key }),
  },
  'a reset': {
    to: ({ email }) => email,
    ask: (owner, email) => owner.post('/auth/password/reset', { email }),
    use: (token) => post('/auth/password/reset/confirm', { token, new_password: `${NEXT}, later` }),
  },
  'a verification': {
    to: ({ email }) => email,
    ask: (owner, email) => owner.post('/auth/registration/resend-email', { email }),
    use: (key) => post('/auth/registration/verify-email', { key }),
  },
};

/** Everything after which what was asked for before has to be dropped. */
const DEFENCES: Record<string, (owner: Owner) => Promise<unknown>> = {
  'a change of the password': (owner) =>
    owner.post('/auth/password/change', { old_password: PASSWORD, new_password: NEXT }),
  'a reset of the password': async (owner) => {
    const token = await linkAfter(owner.email, () =>
      owner.post('/auth/password/reset', { email: owner.email }),
    );
    return post('/auth/password/reset/confirm', { token, new_password: NEXT });
  },
  'another change of address': async (owner) => {
    const next = uniqueEmail();
    const key = await linkAfter(next, () =>
      owner.post('/auth/email/change', { new_email: next, password: PASSWORD }),
    );
    return post('/auth/email/change/confirm', { key });
  },
  'another change of address, and back': async (owner) => {
    for (const next of [uniqueEmail(), owner.email]) {
      const key = await linkAfter(next, () =>
        owner.post('/auth/email/change', { new_email: next, password: PASSWORD }),
      );
      expect((await post('/auth/email/change/confirm', { key })).status).toBe(200);
    }
  },
  'a deactivation, and an activation': async ({ email }) => {
    const id = await idOf(email);
    await here.app.get(SessionEnding).deactivateUser(id);
    await here.app.get(Users).activate(id);
  },
  'the deletion of the account': (owner) => owner.delete('/auth/user', { password: PASSWORD }),
  'the deletion of the account, and a new one': async (owner) => {
    await owner.delete('/auth/user', { password: PASSWORD });
    await here.signedUp(owner.email);
  },
};

const CASES = Object.keys(ASKED).flatMap((asked) => Object.keys(DEFENCES).map((defence) => [asked, defence]));

/**
 * After a refusal an instance leaves the domain alone for a moment, by the clock that stands still here; the other
 * instance goes on. The embedded database has no other.
 */
const testOnTwo = isEmbedded ? test.skip : test;

describe.each(CASES)('an email about %s, requested before %s', (asked = '', defence = '') => {
  const { to, ask, use } = ASKED[asked] ?? {};
  const prepare = async () => {
    const owner = await here.signedUp();
    await mail.emailTo(owner.email);
    return { owner, address: to?.(owner) ?? '' };
  };

  testOnTwo('sends no link, when its mail leaves afterwards', async () => {
    const { owner, address } = await prepare();
    await delayed(async () => expect((await ask?.(owner, address))?.status).toBe(200));
    expect(await here.sql('SELECT 1 FROM tokenjar.outbox WHERE attempts > 0')).toHaveLength(1);
    await DEFENCES[defence]?.(owner);
    await send();
    const before = mail.to(address).length;
    clock.advance(2);
    await send();
    expect(mail.to(address)).toHaveLength(before);
    expect(await here.sql('SELECT 1 FROM tokenjar.outbox')).toEqual([]);
  });

  test('has a link that no longer works', async () => {
    const { owner, address } = await prepare();
    const secret = await linkAfter(address, () => ask?.(owner, address) ?? Promise.resolve());
    await DEFENCES[defence]?.(owner);
    const answer = await use?.(secret);
    expect([answer?.status, answer?.body.code]).toEqual([400, 'link_invalid']);
  });
});

testOnTwo.each(Object.keys(ASKED))(
  '%s whose mail is delayed and sent twice has a link that works once',
  async (asked) => {
    const { to, ask, use } = ASKED[asked] ?? {};
    const owner = await here.signedUp();
    await mail.emailTo(owner.email);
    const address = to?.(owner) ?? '';
    await delayed(() => ask?.(owner, address) ?? Promise.reject(new Error(asked)));
    const kept = await here.sql('SELECT * FROM tokenjar.outbox');
    expect(kept).toHaveLength(1);
    const secret = await linkAfter(address, () => {
      clock.advance(2);
      return send();
    });
    expect((await use?.(secret))?.status).toBe(200);
    // As after a crash between the sending and its commit.
    const columns = ['id', 'kind', 'sealed', 'attempts', 'created_at', 'due_at', 'expires_at'];
    const values = columns.map((column) => kept[0]?.[column]);
    await here.sql(
      `INSERT INTO tokenjar.outbox (${columns.join(', ')}) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      values,
    );
    await send();
    // What it has done it says once more, and does not do again.
    const again = (await use?.(secret))?.body.code;
    expect(again).toBe(asked === 'a reset' ? 'link_invalid' : undefined);
  },
);

test('a link still works after a login has replaced the hash of the same password', async () => {
  const owner = await here.signedUp();
  await mail.emailTo(owner.email);
  // Weaker parameters than today's.
  const weak = await import('@node-rs/argon2').then(({ hash }) =>
    hash(PASSWORD, { memoryCost: 8192, timeCost: 2, parallelism: 1 }),
  );
  await here.sql('UPDATE tokenjar.users SET password_hash = $2 WHERE email = $1', [owner.email, weak]);
  const token = await linkAfter(owner.email, () =>
    owner.post('/auth/password/reset', { email: owner.email }),
  );
  expect((await post('/auth/login', { email: owner.email, password: PASSWORD })).status).toBe(200);
  const [row] = await here.sql('SELECT password_hash FROM tokenjar.users WHERE email = $1', [owner.email]);
  expect(row?.password_hash).not.toBe(weak);
  expect((await post('/auth/password/reset/confirm', { token, new_password: NEXT })).status).toBe(200);
});
