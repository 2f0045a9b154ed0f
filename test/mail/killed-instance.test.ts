import { expect, test } from '@jest/globals';
import { Sending } from '../../src/mail/sending.js';
import { PASSWORD, SECRET_KEY, startApp, uniqueEmail } from '../support/app.js';
import { TestClock } from '../support/clock.js';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { build, startProcess } from '../support/server-process.js';
import { startMailServer } from '../support/smtp.js';

test('an email claimed by a killed instance is sent by another when the claim expires', async () => {
  await build();
  const mail = await startMailServer();
  const database = await createDatabase();
  const settings = {
    DATABASE_URL: (database.settings as { databaseUrl: string }).databaseUrl,
    SECRET_KEY,
    SMTP_URL: mail.url,
    EMAIL_VERIFICATION: 'mandatory',
  };
  // The first holds the email: the mail server has it, and does not say yes.
  let isHeld = false;
  mail.pause = () => {
    isHeld = true;
    return new Promise(() => undefined);
  };
  const first = startProcess(settings);
  const url = await first.url;
  const email = uniqueEmail();
  const answer = await fetch(`${url}/auth/registration`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  expect(answer.status).toBe(201);
  await eventually(
    () => isHeld,
    (held) => held,
  );
  mail.pause = () => Promise.resolve();
  // The second keeps a time of its own, so that nobody has to wait.
  const clock = new TestClock();
  clock.advance((Date.now() - clock.now().getTime()) / 1000);
  const second = await startApp({ smtpUrl: mail.url, emailVerification: 'mandatory', clock }, database);
  const attempts = () => second.sql('SELECT attempts, unconfirmed FROM tokenjar.outbox');
  await second.app.get(Sending).run();
  expect(mail.emails).toEqual([]);
  expect(await attempts()).toEqual([{ attempts: 1, unconfirmed: 1 }]);
  first.kill('SIGKILL');
  await first.ended;
  clock.advance(60);
  await second.app.get(Sending).run();
  expect(mail.to(email)).toHaveLength(1);
  expect(await attempts()).toEqual([]);
  await second.close();
  await mail.stop();
  await database.drop();
}, 120_000);
