import { z } from 'zod';
import { isKeepable } from '../fields.js';

/** A body as Django REST framework reads it: fields in its words, and what is no object refused by its type. */
export const djangoForm = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object(shape, {
    error: ({ input }) =>
      input === null
        ? 'No data provided'
        : `Invalid data. Expected a dictionary, but got ${pythonType(input)}.`,
  });

interface CharOptions {
  /** Whether blanks around are cut off. Never for a password: DRF does, and locks out whoever has one. */
  trim?: boolean;
  allowBlank?: boolean;
  optional?: boolean;
  isEmail?: boolean;
}

/** A CharField: numbers count as text, anything else that is no text is refused. */
const char = ({ trim = true, allowBlank = false, optional = false, isEmail = false }: CharOptions = {}) =>
  z
    .unknown()
    .transform((value, context): string | undefined => {
      const refuse = (message: string) => {
        context.addIssue(message);
        return undefined;
      };
      if (value === undefined) return optional ? undefined : refuse('This field is required.');
      if (value === null) return refuse('This field may not be null.');
      if (typeof value !== 'string' && typeof value !== 'number') return refuse('Not a valid string.');
      const text = String(value);
      const trimmed = text.trim();
      if (trimmed === '') return allowBlank ? '' : refuse('This field may not be blank.');
      if (!isKeepable(text)) return refuse('Null characters are not allowed.');
      if (isEmail && !z.regexes.html5Email.test(trimmed)) return refuse('Enter a valid email address.');
      return trim ? trimmed : text;
    })
    .meta({ type: 'string', ...(isEmail && { format: 'email' }) });

/** A text that has to be there. */
export const charField = char().transform((value) => value ?? '');
/** A text that may be left out. */
export const optionalCharField = char({ optional: true }).optional().meta({ type: 'string' });
export const passwordCharField = char({ trim: false })
  .transform((value) => value ?? '')
  .meta({ type: 'string', format: 'password' });
export const emailCharField = char({ isEmail: true })
  .transform((value) => (value ?? '').toLowerCase())
  .meta({ type: 'string', format: 'email' });
/** As dj-rest-auth's login has it: it may be left out or blank, and is then asked for in another way. */
export const looseEmailField = char({ isEmail: true, optional: true, allowBlank: true })
  .transform((value) => (value ?? '').toLowerCase())
  .optional()
  .meta({ type: 'string', format: 'email' });

function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'float';
}
