import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/database/database.js';
import { Outbox } from '../../src/mail/outbox.js';
import { Sending } from '../../src/mail/sending.js';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

let mail: MailServer;
let app: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp({ smtpUrl: mail.url });
});
afterAll(async () => {
  await app.close();
  await mail.stop();
});

/** What becomes of an email that is refused so. */
async function fateOf(code: number, text: string, stage: 'RCPT' | 'DATA') {
  const values = { device: '', ip: '', time: '2026-03-01T12:00:00Z' };
  mail.refuse = (_to, at) => (at === stage ? { code, text } : undefined);
  const to = uniqueEmail().replace(/@.*/, `@${Math.random().toString(36).slice(2)}.example`);
  await app.app.get(Outbox).queue({ kind: 'new_device', to, languages: null, values }, app.app.get(Database));
  await app.app.get(Sending).run();
  const [row] = await app.sql<{
    failed_at: Date | null;
    due_at: Date;
    unconfirmed: number;
    last_error: string;
  }>('SELECT failed_at, due_at, unconfirmed, last_error FROM tokenjar.outbox');
  await app.sql('DELETE FROM tokenjar.outbox');
  expect([row?.last_error, row?.unconfirmed]).toEqual([
    expect.stringContaining(text.split(' ').at(-1) ?? ''),
    row?.failed_at ? 1 : 0,
  ]);
  return row?.failed_at ? 'given up' : (Number(row?.due_at) - app.clock.now().getTime()) / 1000;
}

describe('a failure about the recipient is final', () => {
  test.each([
    [550, '5.1.1 The email account that you tried to reach does not exist', 'RCPT'],
    [550, '5.1.1 User unknown', 'DATA'],
    [550, '5.1.10 RESOLVER.ADR.RecipientNotFound', 'RCPT'],
    [553, '5.1.3 Bad recipient address syntax', 'RCPT'],
    [550, '5.2.1 Mailbox disabled', 'RCPT'],
    [552, '5.2.2 Mailbox full', 'DATA'],
    [550, '5.4.1 Recipient address rejected: Access denied', 'RCPT'],
    [550, 'No such user here', 'RCPT'],
    [551, 'User not local', 'RCPT'],
  ] as const)('%i %s (%s)', async (code, text, stage) =>
    expect(await fateOf(code, text, stage)).toBe('given up'),
  );
});

describe('a failure about the sender, or a temporary one, is retried, and a refusal not at once', () => {
  test.each([
    [550, '5.4.5 Daily user sending limit exceeded', 'RCPT', 300],
    [550, '5.4.5 Daily user sending quota exceeded', 'DATA', 300],
    [554, '5.7.1 Service unavailable; Client host blocked', 'RCPT', 300],
    [554, '5.7.1 Message rejected under suspicion of spam', 'DATA', 300],
    [550, '5.7.26 Unauthenticated email is not accepted', 'DATA', 300],
    [550, '5.7.1 Relaying denied', 'RCPT', 300],
    [550, '5.1.8 Sender address rejected', 'RCPT', 300],
    [554, 'Transaction failed', 'DATA', 300],
    [554, 'Message not allowed - [PH01] Email not accepted for policy reasons', 'RCPT', 300],
    [550, 'Sender quota exceeded', 'RCPT', 300],
    [552, 'Message limit exceeded', 'DATA', 300],
    [421, '4.7.0 Try again later', 'RCPT', 1],
    [450, '4.2.0 Greylisted', 'RCPT', 1],
    [451, 'Local error', 'DATA', 1],
    [452, '4.2.2 Mailbox full', 'RCPT', 1],
    [454, '4.7.1 Relay access denied', 'RCPT', 1],
    [432, '4.3.2 Concurrent connections limit exceeded', 'DATA', 1],
  ] as const)('%i %s (%s)', async (code, text, stage, delay) =>
    expect(await fateOf(code, text, stage)).toBe(delay),
  );
});
