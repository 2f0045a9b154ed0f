import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SettingsError } from '../../src/config/check.js';
import { chooseLanguage } from '../../src/mail/language.js';
import { type Email, type EmailKind, EMAILS } from '../../src/mail/email.js';
import { EmailWriter } from '../../src/mail/email-writer.js';
import { readOwnTemplates } from '../../src/mail/own-templates.js';

const VALUES = {
  link: 'https://app.example/verify-email#key=a&b="c"',
  lifetime: '3600',
  device: '<b>Firefox</b>\r\nX: y',
  ip: '203.0.113.7',
  time: '2026-03-01T12:00:00Z',
  factor: 'totp',
  left: '2',
  code: '246810',
  provider: 'Corp',
};
const email = (kind: EmailKind, languages: string | null = null): Email => ({
  kind,
  to: 'ada@example.com',
  languages,
  values: VALUES,
});

const KINDS = Object.keys(EMAILS) as EmailKind[];

describe.each(['en', 'ko'])('in %s', (language) => {
  test.each(KINDS)(
    '%s is whole: one line of subject, all values, nothing unfilled, no HTML of others',
    (kind) => {
      const { subject, text, html = '' } = new EmailWriter('A & B').write(email(kind, language));
      expect(subject).toMatch(/^A & B: \S/);
      for (const part of [subject, text, html]) expect(part).not.toMatch(/\{\{|undefined|\r/);
      if ((EMAILS[kind] as readonly string[]).includes('link')) {
        expect(text).toContain(`\n${VALUES.link}\n`);
        expect(html).toContain('href="https://app.example/verify-email#key=a&amp;b=&quot;c&quot;"');
      }
      expect(html).not.toContain('<b>');
      expect(html).toContain('A &amp; B');
    },
  );
});

test('formats durations and times in the language', () => {
  const text = (language: string) => new EmailWriter('X').write(email('reset_password', language)).text;
  expect([text('en'), text('ko')]).toEqual([
    expect.stringContaining('1 hour'),
    expect.stringContaining('1시간'),
  ]);
});

test('writes a subject as a single line, whatever it contains', () => {
  const own = new Map([['new_device.en', { subject: 'From {{site}}', text: 'x', html: undefined }]]);
  expect(new EmailWriter('A\r\nBcc: b', own).write(email('new_device')).subject).toBe('From A Bcc: b');
});

describe('text chosen by strangers is never part of an email', () => {
  const STRANGE = [
    'Visit https://evil.example now',
    'EvilBrowser on Windows',
    'Firefox on evil.example',
    'Firefox on Linux on evil.example',
    'curl/8.5.0',
    '__proto__',
    '<b>Firefox</b>\r\nX: y',
    'Fırefox',
    '',
  ];
  test.each(STRANGE)('a device that calls itself %j is an unknown device', (device) => {
    for (const [language, said] of [
      ['en', 'an unknown device'],
      ['ko', '알 수 없는 기기'],
    ] as const) {
      for (const kind of ['new_device', 'session_reused'] as const) {
        const {
          subject,
          text,
          html = '',
        } = new EmailWriter('X').write({
          ...email(kind, language),
          values: { ...VALUES, device },
        });
        expect(text).toContain(said);
        for (const part of [subject, text, html]) expect(part).not.toMatch(/evil|curl|<b>|Fırefox|proto/i);
      }
    }
  });

  test('known browsers and systems are, and only IP addresses are addresses', () => {
    const text = (device: string, ip: string) =>
      new EmailWriter('X').write({ ...email('new_device'), values: { ...VALUES, device, ip } }).text;
    expect(text('Microsoft Edge on Windows', '2001:db8::7')).toContain(
      'Microsoft Edge on Windows, IP address 2001:db8::7',
    );
    expect(text('macOS', 'visit evil.example')).toContain('macOS, IP address ?');
  });

  test.each(['evil.example', 'x'.repeat(200), 'en-evil, <b>;q=1', '__proto__', 'constructor'])(
    'a language %j gives a language that there is',
    (languages) => expect(new EmailWriter('X').write(email('new_device', languages)).language).toBe('en'),
  );
});

test.each([
  [null, 'en'],
  ['ko-KR', 'ko'],
  ['fr, ko;q=0.5', 'ko'],
  ['en;q=0.5, ko;q=0.9', 'ko'],
  ['ko;q=0', 'en'],
  ['*', 'en'],
  [';;,q=', 'en'],
])('%j selects %s', (wanted, language) => expect(chooseLanguage(wanted, ['en', 'ko'])).toBe(language));

describe('EMAIL_TEMPLATES_DIR', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokenjar-emails-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  const write = (name: string, content: string) => writeFile(join(directory, name), content);

  test('replaces an email, adds a language and keeps the rest', async () => {
    await write('reset_password.en.txt', 'Subject: New one for {{email}}\n\nHere: {{ link }}\n');
    await write('reset_password.en.html', '<a href="{{link}}">{{site}}</a>');
    await write('reset_password.fr.txt', 'Subject: Nouveau\n\n{{link}} ({{lifetime}})');
    const writer = new EmailWriter('A & B', await readOwnTemplates(directory));
    expect(writer.write(email('reset_password'))).toEqual({
      subject: 'New one for ada@example.com',
      text: `Here: ${VALUES.link}\n`,
      html: '<a href="https://app.example/verify-email#key=a&amp;b=&quot;c&quot;">A &amp; B</a>',
      language: 'en',
    });
    expect(writer.write(email('reset_password', 'fr-CA')).text).toMatch(/c" \(1\sheure\)$/);
    expect(writer.write(email('reset_password', 'ko')).subject).toContain('비밀번호');
    expect(writer.write(email('new_device', 'fr')).language).toBe('en');
  });

  test('reports each unusable template in a line', async () => {
    await write('reset_pasword.en.txt', 'Subject: a\n\n{{link}}');
    await write('verify_email.en.txt', 'no subject {{link}} {{secret}}');
    await write('change_email.en.txt', 'Subject: a\n\nno way to go');
    await write('login_code.en.txt', 'Subject: a\n\nOpen {{link}}');
    await write('account_locked.en.html', '{{link}}');
    const refusal = await readOwnTemplates(directory).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SettingsError);
    const problems = (refusal as SettingsError).problems.join('\n');
    for (const said of [
      'reset_pasword.en.txt is not named after one of',
      'contains {{secret}}',
      'must begin with',
      'change_email.en.txt lacks {{link}}',
      'login_code.en.txt lacks {{code}}',
      'requires account_locked.en.txt',
    ])
      expect(problems).toContain(said);
  });
});
