import { expect, test } from '@jest/globals';
import { SECRET_KEY, uniqueEmail } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { build, startProcess } from '../support/server-process.js';
import { startMailServer } from '../support/smtp.js';

test('a letter in the hands of an instance that is killed is sent by another, at once', async () => {
  await build();
  const mail = await startMailServer();
  const database = await createDatabase();
  const settings = {
    DATABASE_URL: (database.settings as { databaseUrl: string }).databaseUrl,
    SECRET_KEY,
    SMTP_URL: mail.url,
    EMAIL_VERIFICATION: 'mandatory',
  };
  // The first holds the letter: the mail server has it, and does not say yes.
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
    body: JSON.stringify({ email, password: 'marble cactus orbit lantern' }),
  });
  expect(answer.status).toBe(201);
  await eventually(
    () => isHeld,
    (held) => held,
  );
  mail.pause = () => Promise.resolve();
  const second = startProcess(settings);
  await second.url;
  expect(mail.letters).toEqual([]);
  first.kill('SIGKILL');
  await first.ended;
  const killedAt = performance.now();
  await mail.letterTo(email);
  expect(performance.now() - killedAt).toBeLessThan(5000);
  second.kill('SIGTERM');
  await second.ended;
  await mail.stop();
  await database.drop();
}, 120_000);
