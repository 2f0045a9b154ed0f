import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import type { HookCalls } from '../hooks/hook-calls.js';
import { type Email, type EmailKind, EMAILS, type EmailValues, NEEDED } from './email.js';
import { escapeHtml, type EmailWriter, oneLine, type WrittenEmail } from './email-writer.js';

/** The claim of an email is over after half a minute, and most of that belongs to the mail server. **Unit** seconds. */
const LONGEST_WRITING = 5;

/** An email that a host may write in its own words. */
export interface HostEmail {
  kind: EmailKind;
  /** The address of the recipient. */
  to: string;
  /** What the reader prefers: a language tag, or an unparsed Accept-Language header. */
  languages: string | null;
  /** The language that Tokenjar would write it in. **Shape** BCP 47 tag. */
  language: string;
  /** What the text says, as templates have it, in `language`. Nothing is escaped: HTML has to do so. */
  values: Readonly<EmailValues>;
  /** The same in another language. */
  valuesIn: (language: string) => Readonly<EmailValues>;
}

/** The words of a host. */
export interface HostText {
  subject: string;
  text: string;
  html?: string | undefined;
  /** The language it is in, if another than `language`. */
  language?: string | undefined;
}

/** Writes emails in place of Tokenjar's texts; undefined leaves one to them. */
export type EmailTexts = (
  email: HostEmail,
  context: { signal: AbortSignal },
) => HostText | undefined | Promise<HostText | undefined>;

const LANGUAGE = /^[a-z]{2,3}(-[a-z0-9]{1,8})*$/i;
/** The injection token of the {@link EmailTexts} of a host. */
export const EMAIL_TEXTS = Symbol('tokenjar.emailTexts');

/** Writes emails: in the words of the host, where it has some. */
export class EmailWording {
  constructor(
    private readonly writer: EmailWriter,
    private readonly texts: EmailTexts | undefined,
    private readonly hooks: HookCalls,
  ) {}

  /**
   * An email for which the host has no words, fails, takes longer than five seconds or forgets the link or the code is
   * written in ours: somebody waits for it, and a retry would fail alike.
   */
  async write(email: Email): Promise<WrittenEmail> {
    const said = this.texts && (await this.ask(email, this.texts));
    return said ?? this.writer.write(email);
  }

  private async ask(email: Email, texts: EmailTexts): Promise<WrittenEmail | undefined> {
    const { kind, to, languages } = email;
    const language = this.writer.languageOf(email);
    const valuesIn = (wanted: string) => this.writer.valuesOf(email, wanted);
    const asked: HostEmail = { kind, to, languages, language, values: valuesIn(language), valuesIn };
    const call = (signal: AbortSignal) => texts(asked, { signal });
    try {
      const said = await this.hooks.guarded(`emails for ${kind}`, call, textFor(email), LONGEST_WRITING);
      return said && { ...said, html: said.html, language: said.language ?? language };
    } catch (error) {
      if (error instanceof TokenjarError) return undefined;
      throw error;
    }
  }
}

/** What a host may return for an email. The log must not contain what it is, which may be a secret. */
const textFor = ({ kind, values }: Email) => {
  const needed = EMAILS[kind].filter((name) => NEEDED.includes(name));
  const lacks = (part: string) =>
    needed.filter((name) => {
      const value = values[name] ?? '';
      return !part.includes(value) && !part.includes(escapeHtml(value));
    });
  const whole = (part: string, context: z.RefinementCtx) => {
    for (const name of lacks(part)) context.addIssue(`lacks the ${name}`);
  };
  return z
    .object({
      subject: z
        .string()
        .transform(oneLine)
        .refine((subject) => subject !== '', 'is empty'),
      text: z.string().min(1).superRefine(whole),
      html: z.string().min(1).superRefine(whole).optional(),
      language: z.string().regex(LANGUAGE).optional(),
    })
    .optional();
};
