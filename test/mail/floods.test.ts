import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { Database } from '../../src/database/database.js';
import type { EmailKind } from '../../src/mail/email.js';
import { Outbox } from '../../src/mail/outbox.js';
import { Sending } from '../../src/mail/sending.js';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

let database: TestDatabase;
let mail: MailServer;
let app: TestApp;
beforeEach(async () => {
  database = await createDatabase();
  mail = await startMailServer();
  app = await startApp({ smtpUrl: mail.url }, database);
});
afterEach(async () => {
  await app.close();
  await mail.stop();
  await database.drop();
});

const DAY = 86_400;
const values = { device: 'Firefox on Linux', ip: '203.0.113.7', time: '2026-03-01T12:00:00Z' };
const queue = (to: string, kind: EmailKind = 'new_device', by = app) =>
  by.app.get(Outbox).queue({ kind, to, languages: null, values }, by.app.get(Database));
const queueMany = (count: number, domain: string, kind?: EmailKind) =>
  Promise.all(Array.from({ length: count }, () => queue(uniqueEmail().replace(/@.*/, `@${domain}`), kind)));
const rows = () =>
  app.sql<{
    attempts: number;
    unconfirmed: number;
    due_at: Date;
    failed_at: Date | null;
    last_error: string;
  }>('SELECT attempts, unconfirmed, due_at, failed_at, last_error FROM tokenjar.outbox');

/** How long a reset takes from the request to the mail server. **Unit** milliseconds. */
async function timeOfReset(domain = 'elsewhere.example'): Promise<number> {
  const { email } = await app.signedUp(uniqueEmail().replace(/@.*/, `@${domain}`));
  const began = performance.now();
  await app.browser().post('/auth/password/reset', { email });
  await eventually(
    () => mail.to(email).length,
    (count) => count > 0,
    30_000,
  );
  expect(mail.to(email)).toHaveLength(1);
  return performance.now() - began;
}

describe('a reset email is sent within a second', () => {
  test('behind 512 notices to one domain that takes half a second each', async () => {
    mail.pause = (to) => (to.endsWith('@example.com') ? wait(500) : Promise.resolve());
    await queueMany(512, 'example.com');
    expect(await timeOfReset()).toBeLessThan(1000);
    expect(mail.emails.length).toBeLessThan(60);
  });

  test('behind 600 emails with links to a domain that answers 450', async () => {
    mail.refuse = (to) => (to.endsWith('@greylist.example') ? { code: 450, text: '4.2.0 later' } : undefined);
    await queueMany(600, 'greylist.example', 'verify_email');
    // Addresses without an account are sent nothing: these stand for accounts.
    app.app
      .get(Sending)
      .prepare('verify_email', (draft) =>
        Promise.resolve({ ...draft, values: { link: 'https://x.example/', lifetime: '60' } }),
      );
    expect(await timeOfReset()).toBeLessThan(1000);
    const tried = (await rows()).filter(({ attempts }) => attempts > 0);
    expect(tried.length).toBeGreaterThan(0);
    expect(tried.length).toBeLessThan(30);
  });

  test('behind 600 emails with links, each to another subdomain of a domain that hangs', async () => {
    mail.pause = (to) => (to.endsWith('.tarpit.co.uk') ? new Promise(() => undefined) : Promise.resolve());
    app.app
      .get(Sending)
      .prepare('verify_email', (draft) =>
        Promise.resolve({ ...draft, values: { link: 'https://x.example/', lifetime: '60' } }),
      );
    for (let i = 0; i < 600; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, k) => queue(`ada@n${i + k}.tarpit.co.uk`, 'verify_email')),
      );
    expect(await timeOfReset('elsewhere.co.uk')).toBeLessThan(1000);
    expect(mail.busiest).toBeLessThanOrEqual(12);
  });

  test('behind 600 emails with links to a domain that hangs', async () => {
    mail.pause = (to) => (to.endsWith('@tarpit.example') ? new Promise(() => undefined) : Promise.resolve());
    app.app
      .get(Sending)
      .prepare('verify_email', (draft) =>
        Promise.resolve({ ...draft, values: { link: 'https://x.example/', lifetime: '60' } }),
      );
    await queueMany(600, 'tarpit.example', 'verify_email');
    expect(await timeOfReset()).toBeLessThan(1000);
    expect(await timeOfReset('third.example')).toBeLessThan(1000);
    expect(mail.busiest).toBeLessThanOrEqual(12);
  });
});

describe('an email accepted by the mail server is not sent again and again', () => {
  test('when the connection breaks before the confirmation', async () => {
    mail.breaksConnection = () => true;
    const to = uniqueEmail();
    await queue(to);
    for (let passed = 0; passed < 4 * DAY; passed += 600) {
      await app.app.get(Sending).run();
      app.clock.advance(600);
    }
    const sent = mail.to(to);
    expect(sent.length).toBeGreaterThan(3);
    expect(sent.length).toBeLessThanOrEqual(8);
    expect(new Set(sent.map(({ headers }) => headers['message-id'])).size).toBe(1);
    expect(await rows()).toMatchObject([{ failed_at: expect.any(Date) as unknown }]);
    expect(app.log.join('\n')).toMatch(/\(new_device\) was given up/);
  });

  (isEmbedded ? test.skip : test)(
    'where PostgreSQL ends sessions that are idle in a transaction',
    async () => {
      const { pathname } = new URL((database.settings as { databaseUrl: string }).databaseUrl);
      await app.sql(`ALTER DATABASE ${pathname.slice(1)} SET idle_in_transaction_session_timeout = '200ms'`);
      const impatient = await startApp({ smtpUrl: mail.url, clock: app.clock }, database);
      mail.pause = () => wait(700);
      const to = uniqueEmail();
      await queue(to, 'new_device', impatient);
      await mail.emailTo(to);
      for (let i = 0; i < 3; i++) await impatient.app.get(Sending).run();
      expect(mail.to(to)).toHaveLength(1);
      expect(await rows()).toEqual([]);
      await impatient.close();
    },
  );

  test('when instance after instance is killed while sending', async () => {
    const to = uniqueEmail();
    const send = () => app.app.get(Sending).run();
    mail.breaksConnection = () => true;
    await queue(to);
    await send();
    await app.sql('UPDATE tokenjar.outbox SET attempts = 7, unconfirmed = 7');
    app.clock.advance(60);
    await send();
    expect(await rows()).toMatchObject([{ attempts: 8, unconfirmed: 8, failed_at: null }]);
    app.clock.advance(DAY);
    await send();
    expect(mail.to(to)).toHaveLength(2);
    expect(await rows()).toMatchObject([{ last_error: 'sent 8 times without a confirmation' }]);
  });
});

describe('a mail server', () => {
  test('that is down for an hour causes few connections, and emails with links are sent first afterwards', async () => {
    await mail.stop();
    await queueMany(100, 'example.com');
    const { email } = await app.signedUp(uniqueEmail());
    await app.browser().post('/auth/password/reset', { email });
    for (let passed = 0; passed < 3600; passed += 5) {
      await app.app.get(Sending).run();
      app.clock.advance(5);
    }
    expect((await rows()).reduce((sum, { attempts }) => sum + attempts, 0)).toBeLessThan(90);
    await mail.start();
    app.clock.advance(60);
    await app.app.get(Sending).run();
    expect(mail.emails[0]?.to).toEqual([email]);
    expect(mail.emails).toHaveLength(101);
  });

  test('that accepts two concurrent connections is served without losses', async () => {
    mail.mostConnections = 2;
    await queueMany(40, 'example.com');
    for (let i = 0; i < 60; i++) {
      await app.app.get(Sending).run();
      app.clock.advance(5);
    }
    expect(mail.emails).toHaveLength(40);
    expect(await rows()).toEqual([]);
  });
});

test('two instances send each email once, and one takes over what a stopped one left', async () => {
  const other = await startApp({ smtpUrl: mail.url, clock: app.clock }, database);
  const addresses = Array.from({ length: 60 }, (_, i) => uniqueEmail().replace(/@.*/, `@d${i % 7}.example`));
  mail.pause = () => wait(20);
  await Promise.all(addresses.map((to) => queue(to, 'new_device', other)));
  await other.close();
  await app.app.get(Sending).run();
  app.clock.advance(60);
  await app.app.get(Sending).run();
  expect(mail.emails.map(({ to }) => to[0]).sort()).toEqual([...addresses].sort());
  expect(await rows()).toEqual([]);
});
