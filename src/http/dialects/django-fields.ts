import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { normalAddress } from '../../email-address.js';
import type { FieldErrors } from '../../errors.js';
import { isKeepable } from '../fields.js';

/** A body as Django REST framework reads it: fields in its words, and what is no object refused by its type. */
export const djangoForm = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object(shape, {
    error: ({ input }) =>
      input === null
        ? 'No data provided'
        : `Invalid data. Expected a dictionary, but got ${pythonType(input)}.`,
  });

function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'float';
}

interface CharOptions {
  /** Whether blanks around are cut off. Never for a password: DRF does, and locks out whoever has one. */
  trim?: boolean;
  allowBlank?: boolean;
  optional?: boolean;
  /** **Unit** characters. */
  most?: number;
  isEmail?: boolean;
}

/** A CharField: numbers count as text, anything else that is no text is refused. */
const char = ({ trim = true, allowBlank, optional, most = Infinity, isEmail }: CharOptions = {}) =>
  z
    .unknown()
    .transform((value, context): string | undefined => {
      const refuse = (...messages: string[]) => {
        for (const message of messages) context.addIssue(message);
        return undefined;
      };
      if (value === undefined) return optional ? undefined : refuse('This field is required.');
      if (value === null) return refuse('This field may not be null.');
      if (typeof value !== 'string' && typeof value !== 'number') return refuse('Not a valid string.');
      const text = String(value);
      const trimmed = text.trim();
      if (trimmed === '') return allowBlank ? '' : refuse('This field may not be blank.');
      const kept = trim ? trimmed : text;
      const problems = problemsOf(kept, most);
      if (isEmail && !isEmailAddress(kept)) problems.push('Enter a valid email address.');
      return problems.length > 0 ? refuse(...problems) : kept;
    })
    .meta({ type: 'string', ...(isEmail && { format: 'email' }) });

/** A text that has to be there. */
export const charField = char().transform((value) => value ?? '');
/** A text that may be left out. */
export const optionalCharField = char({ optional: true }).optional().meta({ type: 'string' });
/** A text that may be left out or blank. */
export const looseCharField = char({ optional: true, allowBlank: true }).optional().meta({ type: 'string' });
/** The upper bound only keeps hashing cheap; what a new password must be is checked apart. */
export const passwordCharField = char({ trim: false, most: 4096 })
  .transform((value) => value ?? '')
  .meta({ type: 'string', format: 'password' });
/** In its normal form; what Django takes for an address and we do not stays as it is, and is nobody's. */
export const keptAddress = (text: string): string => normalAddress(text) ?? text.toLowerCase();
/** An address as our table keeps it. **Source** RFC 5321 §4.5.3.1 for its length. */
export const emailCharField = char({ isEmail: true, most: 254 })
  .transform((value) => keptAddress(value ?? ''))
  .meta({ type: 'string', format: 'email' });
/** As dj-rest-auth's login has it: it may be left out or blank, and is then asked for in another way. */
export const looseEmailField = char({ isEmail: true, optional: true, allowBlank: true })
  .transform((value) => keptAddress(value ?? ''))
  .optional()
  .meta({ type: 'string', format: 'email' });

/** A value of a form, or what is wrong with it. */
export interface Deferred {
  value: string;
  wrong: string[];
}

/** A field that does not stop the form, because DRF tells what is wrong with it together with what comes out later. */
export const deferred = (field: z.ZodType<string>) =>
  z
    .unknown()
    .optional()
    .transform((input): Deferred => {
      const { success, data = '', error } = field.safeParse(input);
      return { value: data, wrong: success ? [] : error.issues.map(({ message }) => message) };
    })
    .meta({ type: 'string', ...(field.meta()?.format !== undefined && { format: field.meta()?.format }) });

/** What is wrong, by field. */
export const errorsIn = (fields: Record<string, Deferred>): FieldErrors =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, { wrong }]) => wrong.length > 0)
      .map(([name, { wrong }]) => [name, wrong]),
  );

function problemsOf(text: string, most: number): string[] {
  const problems: string[] = [];
  if (text.length > most) problems.push(`Ensure this field has no more than ${most} characters.`);
  if (text.includes('\0')) problems.push('Null characters are not allowed.');
  else if (!isKeepable(text)) {
    const [half = ''] = /\p{Surrogate}/u.exec(text) ?? [];
    const point = half.codePointAt(0)?.toString(16).toUpperCase();
    problems.push(`Surrogate characters are not allowed: U+${point}.`);
  }
  return problems;
}

const ATOM = "[\\w!#$%&'*+/=?^`{|}~-]+";
const LOCAL_PART = new RegExp(`^${ATOM}(\\.${ATOM})*$`);
const HOST = /^([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{1,62}[a-z\d]$/i;

/** Django asks for a dot in the domain, which browsers do not. Quoted local parts and bare IP addresses are refused. */
function isEmailAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  return (
    at > 0 &&
    LOCAL_PART.test(text.slice(0, at)) &&
    (domain === 'localhost' || HOST.test(domain) || HOST.test(domainToASCII(domain)))
  );
}
