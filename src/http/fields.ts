import { z } from 'zod';
import { isPermission, LONGEST_SCOPE, permissionsIn } from '../tokens/scope.js';
import { LONGEST_ADDRESS, normalAddress } from '../email-address.js';

/**
 * Whether a text can be stored and compared. PostgreSQL accepts no NUL, and lone surrogates all become the same
 * replacement character when encoded, so two passwords would be equal.
 */
export const isKeepable = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

/** A required text. **Unit** characters (UTF-16 code units) for `most`. */
export const textField = (most: number) =>
  z
    .string({
      error: ({ input }) =>
        input === undefined ? 'This field is required.' : 'This field must be a string.',
    })
    .min(1, 'This field must not be empty.')
    .max(most, `This field must have at most ${most} characters.`)
    .refine(isKeepable, 'This field must not contain NUL or invalid characters.');

/**
 * An email address in normal form, without surrounding whitespace.
 *
 * **Source** the pattern of browsers for `<input type=email>` (HTML Standard), with the additions of RFC 6531; at most
 * 254 bytes (RFC 5321 §4.5.3.1).
 */
export const emailField = textField(320)
  .transform((text, context): string => {
    const address = normalAddress(text);
    if (address !== undefined && Buffer.byteLength(address) <= LONGEST_ADDRESS) return address;
    context.addIssue(
      text.trim().length > LONGEST_ADDRESS || address !== undefined
        ? 'This address is too long.'
        : 'This is not a valid email address.',
    );
    return '';
  })
  .meta({ format: 'email' });

/** The address of a user, null where the account has none; for the document. */
export const shownAddress = z.string().nullable();
/** The username of a user; only shown where users sign in with one. */
export const shownUsername = z.string().nullable();

/** A username as somebody types it, without surrounding whitespace. The rules for new ones are checked separately. */
export const usernameField = textField(320)
  .refine((text) => text.trim() !== '', 'This field must not be empty.')
  .transform((text) => text.trim())
  .meta({ type: 'string' });

/**
 * A password as entered to sign in: never trimmed or truncated. The rules for new passwords are checked separately.
 *
 * The maximum only limits the cost of hashing; imported passwords may be longer than new ones.
 */
export const passwordField = textField(4096).meta({ format: 'password' });

/** The password of a signed-in user, for operations that ask for it again. */
export const passwordIfAny = passwordField
  .optional()
  .meta({ description: 'Required if the account has a password; otherwise a recent sign-in is.' });

/** True or false, or nothing. Forms write it as text. */
export const booleanField = z
  .unknown()
  .transform((value, context): boolean => {
    if (value === true || value === 'true') return true;
    if (value !== false && value !== 'false') context.addIssue('This field must be true or false.');
    return false;
  })
  .optional()
  .meta({ type: 'boolean' });

/** True, false, or nothing, in a query. */
export const queryBoolean = z
  .enum(['true', 'false'], 'This must be true or false.')
  .transform((text) => text === 'true')
  .optional();

/** The ID of a user. In the document it is of the one type that `USER_ID` says. */
export const shownUserId = z.union([z.int(), z.uuid()]);

/** The ID of a user, in a query; who knows the settings checks the form. */
export const userIdField = z.string().max(36, 'This must be the ID of a user.');

/** A time, in a query: a date, or a date and a time with its offset from UTC. */
export const momentField = z
  .union(
    [z.iso.date(), z.iso.datetime({ offset: true })],
    'This must be a time, such as 2026-01-31T12:00:00Z.',
  )
  .transform((text) => new Date(text))
  .optional();

/** Whether the session outlives the browser. */
export const rememberField = booleanField.meta({
  type: 'boolean',
  description:
    'False to sign out when the browser closes: the cookie has no Max-Age, and the session lives for `UNREMEMBERED_LIFETIME` without a refresh. Default true.',
});

/** The permissions that a session is to have at most. **Source** RFC 6749 §3.3. */
export const scopeField = textField(LONGEST_SCOPE)
  .refine(
    (text) => /[^ ]/.test(text) && permissionsIn(text).every(isPermission),
    'This field must be permissions, separated by spaces.',
  )
  .optional()
  .meta({
    description:
      'The permissions that the session is to have, separated by spaces; it has no roles then. Default: all that the user has, and their roles.',
  });

/** What any sign-in may say of the session that it opens. */
export const sessionFields = { remember: rememberField, scope: scopeField };

/** A language. **Shape** BCP 47 tag, such as `en` or `pt-BR`. */
export const localeField = textField(35).refine(
  isLanguageTag,
  'This is not a valid language tag, such as en or pt-BR.',
);

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
