import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { isPermission, LONGEST_SCOPE, permissionsIn } from '../../tokens/scope.js';
import { normalAddress } from '../../email-address.js';
import type { FieldErrors } from '../../errors.js';
import { LONGEST_USERNAME } from '../../username.js';
import { isKeepable } from '../fields.js';

/**
 * Parses a body like Django REST framework: fields with its messages, and bodies that are not objects refused by type.
 */
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
  /** Whether surrounding whitespace is removed. Never for passwords: DRF does so, and locks out users who have some. */
  trim?: boolean;
  allowBlank?: boolean;
  optional?: boolean;
  /** **Unit** characters. */
  most?: number;
  isEmail?: boolean;
}

/** A CharField: numbers are accepted as text, other types are refused. */
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

/** A required text. */
export const charField = char().transform((value) => value ?? '');
/** An optional text. */
export const optionalCharField = char({ optional: true }).optional().meta({ type: 'string' });
/** An optional text that may be blank. */
export const looseCharField = char({ optional: true, allowBlank: true }).optional().meta({ type: 'string' });
/** The maximum only limits the cost of hashing; the rules for new passwords are checked separately. */
export const passwordCharField = char({ trim: false, most: 4096 })
  .transform((value) => value ?? '')
  .meta({ type: 'string', format: 'password' });
const TRUE = ['t', 'y', 'yes', 'true', 'on', '1'];
const FALSE = ['f', 'n', 'no', 'false', 'off', '0'];
/** A BooleanField, in any of the ways that DRF takes; or nothing. */
export const booleanField = z
  .unknown()
  .transform((value, context): boolean => {
    const text = ['boolean', 'number', 'string'].includes(typeof value)
      ? String(value).trim().toLowerCase()
      : '';
    if (TRUE.includes(text)) return true;
    if (!FALSE.includes(text))
      context.addIssue(value === null ? 'This field may not be null.' : 'Must be a valid boolean.');
    return false;
  })
  .optional()
  .meta({ type: 'boolean' });
/** Whether the session outlives the browser. */
export const rememberField = booleanField.meta({
  type: 'boolean',
  description: 'False to sign out when the browser closes, which dj-rest-auth does not have. Default true.',
});

/** The permissions that the session is to have at most; blank, as forms send it, is none said. */
const scopeField = looseCharField
  .transform((text) => text || undefined)
  .refine(
    (text) => text === undefined || (text.length <= LONGEST_SCOPE && permissionsIn(text).every(isPermission)),
    'Enter permissions, separated by spaces.',
  )
  .optional()
  .meta({
    type: 'string',
    description:
      'The permissions that the session is to have, separated by spaces, which dj-rest-auth does not have. Default: all that the user has.',
  });
/** What any sign-in may say of the session that it opens. */
export const sessionFields = { remember: rememberField, scope: scopeField };

/** In normal form. An address that Django accepts and we do not stays unchanged, and belongs to nobody. */
export const keptAddress = (text: string): string => normalAddress(text) ?? text.toLowerCase();
/** An address as stored. **Source** RFC 5321 §4.5.3.1 for its length. */
export const emailCharField = char({ isEmail: true, most: 254 })
  .transform((value) => keptAddress(value ?? ''))
  .meta({ type: 'string', format: 'email' });
/** An address that may be missing, and not blank. */
export const optionalEmailField = char({ isEmail: true, optional: true, most: 254 })
  .transform((value) => (value === undefined ? '' : keptAddress(value)))
  .meta({ type: 'string', format: 'email' });
/** A new username. The rules for one are checked separately. */
export const usernameCharField = char({ most: LONGEST_USERNAME })
  .transform((value) => value ?? '')
  .meta({ type: 'string' });
/** As in dj-rest-auth's login: it may be missing or blank, which is then reported differently. */
export const looseEmailField = char({ isEmail: true, optional: true, allowBlank: true })
  .transform((value) => keptAddress(value ?? ''))
  .optional()
  .meta({ type: 'string', format: 'email' });

/** A value of a form, or its errors. */
export interface Deferred {
  value: string;
  wrong: string[];
}

/** A field whose errors do not stop the form, because DRF reports them together with errors found later. */
export const deferred = (field: z.ZodType<string>) =>
  z
    .unknown()
    .optional()
    .transform((input): Deferred => {
      const { success, data = '', error } = field.safeParse(input);
      return { value: data, wrong: success ? [] : error.issues.map(({ message }) => message) };
    })
    .meta({ type: 'string', ...(field.meta()?.format !== undefined && { format: field.meta()?.format }) });

/** The errors by field. */
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

/** Django requires a dot in the domain, browsers do not. Quoted local parts and bare IP addresses are refused. */
function isEmailAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  return (
    at > 0 &&
    LOCAL_PART.test(text.slice(0, at)) &&
    (domain === 'localhost' || HOST.test(domain) || HOST.test(domainToASCII(domain)))
  );
}
