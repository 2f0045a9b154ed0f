import { z } from 'zod';
import { LONGEST_ADDRESS, normalAddress } from '../email-address.js';

/**
 * Whether a text can be kept and compared: PostgreSQL takes no NUL, and halves of a surrogate pair all become the same
 * replacement character once they are bytes, so that two passwords would be one.
 */
export const isKeepable = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

/** A text that has to be there. **Unit** characters (UTF-16 code units) for `most`. */
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
 * An e-mail address in its normal form, without blanks around it.
 *
 * **Source** the pattern that browsers check `<input type=email>` with (HTML Standard), and what RFC 6531 adds; 254 bytes
 * at most (RFC 5321 §4.5.3.1).
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

/**
 * A password as somebody types it to sign in: never trimmed, never cut. What a new one must be is checked apart.
 *
 * The upper bound only keeps hashing cheap; imported accounts may have longer ones than we let people choose.
 */
export const passwordField = textField(4096).meta({ format: 'password' });

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
