import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from '../../src/config/options.js';
import { buildBreachFilter } from '../../src/crypto/build-breach-filter.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const BREACHED = 'gravel tulip mongoose saddle';
/** What says in each dialect that the password was the reason. */
const WORDS: Record<Options['dialect'], RegExp> = {
  standard: /"code":"password_breached"/,
  django: /This password was found in a data breach/,
  'django-legacy': /This password was found in a data breach/,
  envelope: /"error":"password_breached"/,
};

let directory: string;
let mail: MailServer;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-breached-'));
  await writeFile(join(directory, 'list'), createHash('sha1').update(BREACHED).digest('hex'));
  await buildBreachFilter(join(directory, 'list'), join(directory, 'filter'));
  mail = await startMailServer();
});
afterAll(async () => {
  await mail.stop();
  await rm(directory, { recursive: true });
});

describe.each(Object.keys(WORDS) as Options['dialect'][])('%s', (dialect) => {
  const isDjango = dialect.startsWith('django');
  let app: TestApp;
  beforeAll(async () => {
    const breachedPasswords = join(directory, 'filter');
    app = await startApp({
      dialect,
      breachedPasswords,
      smtpUrl: mail.url,
      frontendUrl: 'https://app.example',
    });
  });
  afterAll(() => app.close());

  const passwords = (password: string) =>
    isDjango ? { password1: password, password2: password } : { password };
  const news = (password: string) =>
    isDjango ? { new_password1: password, new_password2: password } : { new_password: password };

  test('refuses breached passwords wherever one is set, and accepts others', async () => {
    const email = uniqueEmail();
    const user = app.browser();
    const register = (password: string) => user.post('/auth/registration', { email, ...passwords(password) });
    const refusedRegistration = await register(BREACHED);
    expect([refusedRegistration.status, refusedRegistration.text]).toEqual([
      400,
      expect.stringMatching(WORDS[dialect]),
    ]);
    const made = await register(PASSWORD);
    expect(made.status).toBe(201);
    const [, token = ''] = /"access(?:_token)?":"([^"]+)"/.exec(made.text) ?? [];

    const change = (password: string) =>
      user.post(
        '/auth/password/change',
        { old_password: PASSWORD, ...news(password) },
        { headers: { authorization: `Bearer ${token}` } },
      );
    const refusedChange = await change(BREACHED);
    expect([refusedChange.status, refusedChange.text]).toEqual([400, expect.stringMatching(WORDS[dialect])]);

    await user.post('/auth/password/reset', { email });
    const { link } = await mail.emailTo(email);
    const secrets = Object.fromEntries(new URLSearchParams(new URL(link).hash.slice(1)));
    const reset = (password: string) =>
      app.browser().post('/auth/password/reset/confirm', { ...secrets, ...news(password) });
    const refusedReset = await reset(BREACHED);
    expect([refusedReset.status, refusedReset.text]).toEqual([400, expect.stringMatching(WORDS[dialect])]);
    // Refused, it has not used the link up.
    expect((await reset('ginger pylon ribbon cavern')).status).toBe(200);
  });
});
