import { afterEach, expect, test } from '@jest/globals';
import { Database } from '../../src/database/database.js';
import { Mailer, type OutgoingEmail } from '../../src/mail/mailer.js';
import { Outbox } from '../../src/mail/outbox.js';
import { Sending } from '../../src/mail/sending.js';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';

/** Sends nothing to whoever is named, and notes what it sends. */
class HostMailer extends Mailer {
  readonly sent: string[] = [];
  fail: (to: string) => Promise<void> | undefined = () => undefined;

  async send({ to }: OutgoingEmail): Promise<void> {
    await this.fail(to);
    this.sent.push(to);
  }
}

let app: TestApp;
let mailer: HostMailer;
afterEach(() => app.close());

async function start(fail: HostMailer['fail']): Promise<void> {
  mailer = new HostMailer();
  mailer.fail = fail;
  app = await startApp({ mailer });
}
async function queue(to: string): Promise<void> {
  const values = { device: 'Firefox on Linux', ip: '203.0.113.7', time: '2026-03-01T12:00:00Z' };
  const email = { kind: 'new_device', to, languages: null, values } as const;
  await app.app.get(Outbox).queue(email, app.app.get(Database));
}
const rows = () =>
  app.sql<{ attempts: number; due_at: Date; last_error: string; failed_at: Date | null }>(
    'SELECT attempts, due_at, last_error, failed_at FROM tokenjar.outbox',
  );
const throwing = (thrown: unknown) => () => {
  throw thrown;
};

test.each<[string, unknown]>([
  ['an Error', new Error('the template has no such language')],
  ['an Error with a code of the network', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['an Error with a response of a mail server', Object.assign(new Error('no'), { responseCode: 421 })],
  ['a string', 'quota'],
  ['undefined', undefined],
  ['null', null],
  ['an object whose message is no text', { message: { a: 1 }, code: { b: 2 } }],
])('one that throws %s for one email holds up no other, and tries that one again', async (_, thrown) => {
  const bad = uniqueEmail();
  await start((to) => (to === bad ? throwing(thrown)() : undefined));
  // Of the same domain, too.
  const others = Array.from({ length: 5 }, () => uniqueEmail());
  await queue(bad);
  await app.app.get(Sending).run();
  for (const other of others) await queue(other);
  await app.app.get(Sending).run();
  expect([...mailer.sent].sort()).toEqual([...others].sort());
  const [row, ...more] = await rows();
  expect([more, row?.attempts, row?.failed_at]).toEqual([[], 1, null]);
  expect(Number(row?.due_at) - app.clock.now().getTime()).toBe(1000);

  mailer.fail = () => undefined;
  app.clock.advance(2);
  await app.app.get(Sending).run();
  expect([mailer.sent.at(-1), await rows()]).toEqual([bad, []]);
});

test('one that fails for everything is asked for each email at its own times', async () => {
  await start(throwing(new Error('down')));
  for (let i = 0; i < 20; i++) await queue(uniqueEmail());
  for (const delay of [1, 5, 15]) {
    await app.app.get(Sending).run();
    const due = (await rows()).map(({ due_at }) => Number(due_at) - app.clock.now().getTime());
    expect(new Set(due)).toEqual(new Set([1000 * delay]));
    app.clock.advance(delay);
  }
});

test('one that never ends, and hears no signal, holds up no stop', async () => {
  const bad = uniqueEmail();
  await start((to) => (to === bad ? new Promise<void>(() => undefined) : undefined));
  await queue(bad);
  const other = uniqueEmail();
  await queue(other);
  while (!mailer.sent.includes(other)) await new Promise((done) => setTimeout(done, 20));
  const began = performance.now();
  await app.app.get(Sending).onModuleDestroy();
  expect(performance.now() - began).toBeLessThan(6000);
}, 30_000);
