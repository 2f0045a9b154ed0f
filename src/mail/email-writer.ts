import { chooseLanguage } from './language.js';
import { knownAddress, knownDevice } from './facts.js';
import { type Email, type EmailKind, EMAILS, type EmailValues, type ValueName } from './email.js';
import type { OwnTemplates } from './own-templates.js';
import { ENGLISH } from './words/en.js';
import { KOREAN } from './words/ko.js';
import type { Phrasebook, Words } from './words/words.js';

/** A rendered email. */
export interface WrittenEmail {
  subject: string;
  text: string;
  html: string | undefined;
  language: string;
}

const PHRASEBOOKS: Readonly<Record<string, Phrasebook>> = { en: ENGLISH, ko: KOREAN };

/** Renders emails in the reader's language. */
export class EmailWriter {
  constructor(
    private readonly site: string,
    private readonly own: OwnTemplates = new Map(),
  ) {}

  /** The language of an email, of those that there are texts in. */
  languageOf({ kind, languages }: Pick<Email, 'kind' | 'languages'>): string {
    return chooseLanguage(languages, this.languagesOf(kind));
  }

  /** The values of its text, in a language. None of them is escaped. */
  valuesOf({ kind, to, values }: Email, language: string): EmailValues {
    return { ...spelled(kind, values, language), site: this.site, email: to };
  }

  write(email: Email): WrittenEmail {
    const { kind } = email;
    const language = this.languageOf(email);
    const shown = this.valuesOf(email, language);
    const own = this.own.get(`${kind}.${language}`);
    if (own)
      return {
        subject: oneLine(fill(own.subject, shown)),
        text: fill(own.text, shown),
        html: own.html && fill(own.html, shown, escapeHtml),
        language,
      };
    const words = (PHRASEBOOKS[language] ?? ENGLISH)[kind];
    return {
      subject: oneLine(fill(words.subject, shown)),
      text: textOf(words, shown),
      html: htmlOf(words, shown, language),
      language,
    };
  }

  private languagesOf(kind: EmailKind): string[] {
    const own = [...this.own.keys()].filter((key) => key.startsWith(`${kind}.`));
    return [...Object.keys(PHRASEBOOKS), ...own.map((key) => key.slice(kind.length + 1))];
  }
}

/** The values of an email, formatted. None of them contains text that a stranger can choose. */
function spelled(kind: EmailKind, values: EmailValues, language: string): EmailValues {
  const shown: EmailValues = {};
  for (const name of EMAILS[kind]) {
    const value = values[name];
    if (value === undefined) throw new TypeError(`an email ${kind} lacks its ${name}`);
    shown[name] = spell(name, value, language);
  }
  return shown;
}

function spell(name: ValueName, value: string, language: string): string {
  switch (name) {
    case 'code':
    case 'link':
    case 'provider':
      return value;
    case 'lifetime':
      return spellDuration(Number(value), language);
    case 'time':
      return spellTime(new Date(value), language);
    case 'device':
      return knownDevice(value) ?? PHRASEBOOKS[language]?.unknownDevice ?? '?';
    case 'factor':
      return PHRASEBOOKS[language]?.factors[value] ?? ENGLISH.factors[value] ?? '?';
    case 'left':
      return new Intl.NumberFormat(language).format(Number(value));
    case 'ip':
      return knownAddress(value) ?? '?';
  }
}

/** **Unit** seconds. */
function spellDuration(seconds: number, language: string): string {
  const [unit, size] =
    seconds % 86_400 === 0 ? ['day', 86_400] : seconds % 3600 === 0 ? ['hour', 3600] : ['minute', 60];
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: String(unit),
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  }).format(seconds / Number(size));
}

const spellTime = (moment: Date, language: string): string =>
  `${new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(moment)} UTC`;

const fill = (template: string, shown: EmailValues, escape = (value: string) => value): string =>
  template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => escape(shown[name] ?? ''));

/** A subject must be a single line: a second one would be another header. */
export const oneLine = (subject: string): string => subject.replace(/[\p{Cc}\s]+/gu, ' ').trim();

function textOf({ lines, action, after = [] }: Words, shown: EmailValues): string {
  const paragraphs = [...lines, ...(action === undefined ? [] : ['{{link}}']), ...after, '-- \n{{site}}'];
  return `${paragraphs.map((paragraph) => fill(paragraph, shown)).join('\n\n')}\n`;
}

function htmlOf({ lines, action, after = [] }: Words, shown: EmailValues, language: string): string {
  const paragraph = (text: string, style = '') =>
    `<p style="margin:0 0 16px;${style}">${fill(escapeHtml(text), shown, escapeHtml)}</p>`;
  const small = 'font-size:13px;color:#555;';
  const button =
    action === undefined
      ? []
      : [
          fill(
            `<p style="margin:0 0 16px"><a href="{{link}}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1a56c4;color:#fff;text-decoration:none">${escapeHtml(action)}</a></p>`,
            shown,
            escapeHtml,
          ),
          paragraph('{{link}}', `${small}word-break:break-all;`),
        ];
  return [
    `<!doctype html><html lang="${escapeHtml(language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>`,
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff"><div style="max-width:34em;margin:0 auto">',
    ...lines.map((line) => paragraph(line)),
    ...button,
    ...after.map((line) => paragraph(line, small)),
    paragraph('{{site}}', small),
    '</div></body></html>\n',
  ].join('\n');
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (each) => HTML_ENTITIES[each] ?? each);
