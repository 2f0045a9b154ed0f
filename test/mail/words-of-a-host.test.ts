import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EmailTexts, HostText } from '../../src/mail/host-texts.js';
import { Mailer, type OutgoingEmail } from '../../src/mail/mailer.js';
import { Sending } from '../../src/mail/sending.js';
import { startApp, type TestApp } from '../support/app.js';

let texts: EmailTexts = () => undefined;
const sent: OutgoingEmail[] = [];
class Mailbox extends Mailer {
  send(email: OutgoingEmail): Promise<void> {
    sent.push(email);
    return Promise.resolve();
  }
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp({
    mailer: new Mailbox(),
    hookTimeout: '1s',
    emails: (email, context) => texts(email, context),
  });
});
afterAll(() => app.close());

/** Asks for a link to choose a new password. */
async function reset(languages = 'en'): Promise<OutgoingEmail> {
  const { email } = await app.verified();
  await app.app.get(Sending).run();
  sent.length = 0;
  app.log.length = 0;
  await app.browser().post('/auth/password/reset', { email }, { headers: { 'accept-language': languages } });
  await app.app.get(Sending).run();
  return only(sent);
}
const only = (emails: OutgoingEmail[]): OutgoingEmail => {
  const [email, ...more] = emails;
  expect([emails.length, more]).toEqual([1, []]);
  return email as OutgoingEmail;
};
const logged = () => app.log.filter((line) => line.includes('The hook emails for reset_password failed'));

test('replace ours, with the values of the templates, in a language of their own', async () => {
  texts = ({ kind, to, languages, language, values, valuesIn }) =>
    kind === 'reset_password'
      ? {
          subject: `Mot de passe\r\nBcc: ${languages}`,
          text: `${to} ${language} ${values.lifetime} ${valuesIn('fr').lifetime}\n${values.link}`,
          html: `<a href="${values.link?.replaceAll('&', '&amp;')}">${values.site}</a>`,
          language: 'fr',
        }
      : undefined;
  const { to, subject, text, html, language, link } = await reset('fr, ko');
  expect({ subject, text: text.replaceAll('\u00a0', ' '), html, language }).toEqual({
    subject: 'Mot de passe Bcc: fr, ko',
    text: `${to} ko 1시간 1 heure\n${link}`,
    html: `<a href="${link?.replaceAll('&', '&amp;')}">Tokenjar</a>`,
    language: 'fr',
  });
  expect(logged()).toEqual([]);
});

test('are not asked for what they do not have', async () => {
  texts = () => undefined;
  const { subject, text, link } = await reset();
  expect([subject, text]).toEqual([
    expect.stringMatching(/^Tokenjar: /),
    expect.stringContaining(String(link)),
  ]);
  expect(logged()).toEqual([]);
});

test.each<[string, EmailTexts, string]>([
  ['forget the link', () => ({ subject: 'Hello', text: 'Click here!' }), 'lacks the link'],
  [
    'forget the link in the HTML',
    ({ values }) => ({ subject: 'Hello', text: String(values.link), html: '<p>Click here!</p>' }),
    'lacks the link',
  ],
  ['have no subject', ({ values }) => ({ subject: ' \r\n', text: String(values.link) }), 'is empty'],
  ['are no words', () => 'Hello' as unknown as HostText, 'expected object'],
  [
    'throw',
    () => {
      throw new Error('no such template');
    },
    'no such template',
  ],
  ['hang', () => new Promise(() => undefined), 'took longer'],
])('that %s give way to ours, and the log says why', async (_, broken, why) => {
  texts = broken;
  const { subject, text, link } = await reset();
  expect([subject, text]).toEqual([
    expect.stringMatching(/^Tokenjar: /),
    expect.stringContaining(String(link)),
  ]);
  expect(logged()).toEqual([expect.stringContaining(why)]);
  expect(logged().join()).not.toContain(link);
  expect(await app.sql('SELECT FROM tokenjar.outbox')).toEqual([]);
});
