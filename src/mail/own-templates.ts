import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SettingsError } from '../config/check.js';
import { isEmailKind, type EmailKind, EMAILS, NEEDED } from './email.js';

/** An email template written by the operator. */
export interface OwnTemplate {
  subject: string;
  text: string;
  html: string | undefined;
}

/** By kind and language, as `reset_password.en`. */
export type OwnTemplates = ReadonlyMap<string, OwnTemplate>;

const FILE = /^([a-z_]+)\.([a-z]{2,3}(?:-[a-z0-9]+)*)\.(txt|html)$/i;

/**
 * Reads the templates in `EMAIL_TEMPLATES_DIR`.
 *
 * @throws {SettingsError} for files that match no kind of email, or that lack the link or the code.
 */
export async function readOwnTemplates(directory: string): Promise<OwnTemplates> {
  const problems: string[] = [];
  const texts = new Map<string, { subject: string; text: string }>();
  const htmls = new Map<string, string>();
  for (const name of await namesIn(directory)) {
    const [, kind = '', language = '', type] = FILE.exec(name) ?? [];
    if (!isEmailKind(kind)) {
      problems.push(
        `EMAIL_TEMPLATES_DIR: ${name} is not named after one of ${Object.keys(EMAILS).join(', ')}, like reset_password.en.txt`,
      );
      continue;
    }
    const content = await contentOf(join(directory, name));
    if (typeof content !== 'string') {
      problems.push(`EMAIL_TEMPLATES_DIR: ${name} cannot be read: ${content.message}`);
      continue;
    }
    problems.push(...flawsOf(content, kind).map((flaw) => `EMAIL_TEMPLATES_DIR: ${name} ${flaw}`));
    const key = `${kind}.${language.toLowerCase()}`;
    if (type?.toLowerCase() === 'html') htmls.set(key, content);
    else {
      const [, subject, text] = /^Subject:[ \t]*(\S[^\r\n]*)\r?\n\r?\n?([^]*)$/.exec(content) ?? [];
      if (subject === undefined || text === undefined)
        problems.push(`EMAIL_TEMPLATES_DIR: ${name} must begin with a line "Subject: …"`);
      else texts.set(key, { subject, text });
    }
  }
  for (const key of htmls.keys())
    if (!texts.has(key)) problems.push(`EMAIL_TEMPLATES_DIR: ${key}.html requires ${key}.txt`);
  if (problems.length > 0) throw new SettingsError(problems);
  return new Map([...texts].map(([key, text]) => [key, { ...text, html: htmls.get(key) }]));
}

/** The content without the byte order mark that Windows adds. */
async function contentOf(path: string): Promise<string | Error> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => /\.(txt|html)$/i.test(name));
  } catch (error) {
    throw new SettingsError([
      `EMAIL_TEMPLATES_DIR: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

function flawsOf(content: string, kind: EmailKind): string[] {
  const allowed: string[] = [...EMAILS[kind], 'site', 'email'];
  const used = [...content.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map(([, name = '']) => name);
  const flaws = [...new Set(used)]
    .filter((name) => !allowed.includes(name))
    .map((name) => `contains {{${name}}}; available are ${allowed.map((each) => `{{${each}}}`).join(' ')}`);
  const needed = NEEDED.filter((name) => allowed.includes(name) && !used.includes(name));
  return [...flaws, ...needed.map((name) => `lacks {{${name}}}`)];
}
