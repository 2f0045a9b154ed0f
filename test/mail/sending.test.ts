import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Database } from '../../src/database/database.js';
import type { Email } from '../../src/mail/email.js';
import { Outbox } from '../../src/mail/outbox.js';
import { Sending } from '../../src/mail/sending.js';
import { SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

/** Of an app beside the first. */
const testOnTwo = isEmbedded ? test.skip : test;

let database: TestDatabase;
let mail: MailServer;
let app: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  mail = await startMailServer();
  app = await startApp({ smtpUrl: mail.url, siteName: 'Example' }, database);
});
afterAll(async () => {
  await app.close();
  await mail.stop();
  await database.drop();
});
beforeEach(() => {
  mail.refuse = () => undefined;
  mail.pause = () => Promise.resolve();
  mail.breaksConnection = () => false;
});

const emailTo = (to: string, languages: string | null = null): Email => ({
  kind: 'new_device',
  to,
  languages,
  values: { device: 'Firefox on Linux', ip: '203.0.113.7', time: '2026-03-01T12:00:00Z' },
});
const queue = (email: Email) => app.app.get(Outbox).queue(email, app.app.get(Database));
const send = () => app.app.get(Sending).run();
const rows = () =>
  app.sql<{
    kind: string;
    sealed: Buffer | null;
    attempts: number;
    unconfirmed: number;
    due_at: Date;
    failed_at: Date | null;
    last_error: string;
  }>(
    'SELECT kind, sealed, attempts, unconfirmed, due_at, failed_at, last_error FROM tokenjar.outbox ORDER BY created_at',
  );
const clear = () => app.sql('DELETE FROM tokenjar.outbox');

describe('an email', () => {
  test('is sent at once, as text and HTML, and nothing of it remains', async () => {
    const to = uniqueEmail();
    await queue(emailTo(to));
    const email = await mail.emailTo(to);
    expect(email).toMatchObject({ from: 'no-reply@localhost', to: [to], subject: 'Example: new sign-in' });
    expect(email.headers).toMatchObject({
      from: 'Example <no-reply@localhost>',
      to,
      'auto-submitted': 'auto-generated',
      'content-language': 'en',
    });
    expect(email.text).toContain('Firefox on Linux, IP address 203.0.113.7');
    expect(email.html).toContain('Firefox on Linux, IP address 203.0.113.7');
    await send();
    expect(await rows()).toEqual([]);
  });

  test('of a rolled-back transaction is not sent', async () => {
    const to = uniqueEmail();
    await expect(
      app.app.get(Database).transaction(async (tx) => {
        await app.app.get(Outbox).queue(emailTo(to), tx);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await send();
    expect(mail.to(to)).toEqual([]);
  });

  test('is written in the language preferred by its reader', async () => {
    const to = uniqueEmail();
    await queue(emailTo(to, 'fr;q=0.9, ko-KR;q=0.8, en;q=0.7'));
    const email = await mail.emailTo(to);
    expect([email.subject, email.headers['content-language']]).toEqual(['Example: 새로운 로그인', 'ko']);
  });

  test('is encrypted while queued: neither the address nor the text can be read', async () => {
    await mail.stop();
    const to = uniqueEmail();
    await queue(emailTo(to));
    await send();
    const [row] = await rows();
    expect(row?.sealed?.toString('latin1')).not.toMatch(/example\.com|Firefox/);
    expect(row?.last_error).toMatch(/ECONNREFUSED|ESOCKET/);
    await mail.start();
    app.clock.advance(1);
    await send();
    expect(mail.to(to)).toHaveLength(1);
  });
});

describe('a mail server that', () => {
  test('is down loses nothing: retries after 1, 5 and 15 seconds, then every minute, until it is back', async () => {
    await mail.stop();
    const to = uniqueEmail();
    await queue(emailTo(to));
    const delays: number[] = [];
    for (const advance of [0, 1, 5, 15, 60, 60]) {
      app.clock.advance(advance);
      await send();
      const [row] = await rows();
      delays.push((Number(row?.due_at) - app.clock.now().getTime()) / 1000);
    }
    expect(delays).toEqual([1, 5, 15, 60, 60, 60]);
    await mail.start();
    await send();
    expect(mail.to(to)).toEqual([]);
    app.clock.advance(60);
    await send();
    expect(mail.to(to)).toHaveLength(1);
    expect(await rows()).toEqual([]);
  });

  test('is down for three days makes the email given up and its content deleted', async () => {
    await mail.stop();
    await queue(emailTo(uniqueEmail()));
    app.clock.advance(3 * 86_400);
    await send();
    const [row] = await rows();
    expect(row).toMatchObject({ kind: 'new_device', sealed: null, failed_at: app.clock.now() });
    expect(app.log.join('\n')).toMatch(/\(new_device\) was given up: .*/);
    await clear();
    await mail.start();
    app.clock.advance(60);
  });

  test('refuses a recipient permanently is not tried again, and the log does not contain the address', async () => {
    const to = uniqueEmail();
    mail.refuse = (address) => ({ code: 550, text: `no such mailbox ${address}` });
    await queue(emailTo(to));
    await send();
    const [row] = await rows();
    expect([row?.sealed, row?.last_error]).toEqual([null, expect.stringContaining('no such mailbox …@…')]);
    expect(app.log.join('\n')).not.toContain(to);
    await clear();
  });

  test('refuses temporarily is tried again', async () => {
    const to = uniqueEmail();
    mail.refuse = () => ({ code: 451, text: 'greylisted' });
    await queue(emailTo(to));
    await send();
    expect(await rows()).toMatchObject([{ attempts: 1, failed_at: null }]);
    mail.refuse = () => undefined;
    app.clock.advance(1);
    await send();
    expect(mail.to(to)).toHaveLength(1);
  });

  testOnTwo('hangs delays neither requests nor a shutdown', async () => {
    mail.pause = () => new Promise(() => undefined);
    const other = await startApp({ smtpUrl: mail.url, databasePoolSize: 1, clock: app.clock }, database);
    await other.app.get(Outbox).queue(emailTo(uniqueEmail()), other.app.get(Database));
    await wait(200);
    expect((await other.browser().post('/auth/login', { email: 'a@b.cd', password: 'x' })).status).toBe(401);
    const began = performance.now();
    await other.close();
    expect(performance.now() - began).toBeLessThan(3000);
    // The mail server had all of it: nobody can tell whether it was taken.
    expect(await rows()).toMatchObject([{ attempts: 1, unconfirmed: 1, failed_at: null }]);
    await clear();
    // The first connections are still open.
    await mail.stop();
    await mail.start();
  });
});

testOnTwo('one of several instances sends an email at a time', async () => {
  const others = await Promise.all(
    [1, 2].map(() => startApp({ smtpUrl: mail.url, clock: app.clock }, database)),
  );
  const addresses = Array.from({ length: 40 }, () => uniqueEmail());
  mail.pause = () => wait(5);
  await Promise.all(addresses.map((to) => queue(emailTo(to))));
  await Promise.all([app, ...others].map((each) => each.app.get(Sending).run()));
  for (const to of addresses) {
    await mail.emailTo(to);
    expect(mail.to(to)).toHaveLength(1);
  }
  await Promise.all(others.map((each) => each.close()));
});

test('an email that no mail server has seen at a shutdown is due at once, and decrypted with a former SECRET_KEY', async () => {
  const own = await createDatabase();
  const to = uniqueEmail();
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const asked = once(silent, 'connection') as Promise<[Socket]>;
  const before = await startApp(
    { smtpUrl: `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}` },
    own,
  );
  await before.app.get(Outbox).queue(emailTo(to), before.app.get(Database));
  const [socket] = await asked;
  await before.close();
  socket.destroy();
  silent.close();
  const secretKey = `another one, ${randomUUID()}`;
  const after = await startApp(
    { smtpUrl: mail.url, secretKey, secretKeyFallbacks: [SECRET_KEY], clock: before.clock },
    own,
  );
  await after.app.get(Sending).run();
  await mail.emailTo(to);
  expect(mail.to(to)).toHaveLength(1);
  await after.close();
  await own.drop();
});

test('an email encrypted with a removed SECRET_KEY is given up', async () => {
  await app.sql(
    `INSERT INTO tokenjar.outbox (id, kind, sealed, created_at, due_at, expires_at)
     VALUES ($1, 'new_device', '\\x00', $2, $2, $2)`,
    [randomUUID(), app.clock.now()],
  );
  await send();
  expect(await rows()).toMatchObject([{ sealed: null, last_error: 'encrypted with another SECRET_KEY' }]);
  await clear();
});
