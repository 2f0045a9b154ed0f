import { TokenjarError } from '../errors.js';

/** What a person may choose. Longer ones are accepted at sign-in, for accounts that come from elsewhere. */
const MOST_CHARACTERS = 256;

/**
 * Refuses a new password that is too short, too long, or the address itself. There are no rules of composition.
 *
 * **Unit** characters are code points. **Errors** `password_too_short`, `password_too_long`, `password_same_as_email`,
 * with the sentence under `field`. **Source** NIST SP 800-63B-4 §3.1.1.2; ASVS 5.0 6.2.1, 6.2.5, 6.2.9.
 */
export function checkNewPassword(
  password: string,
  field: string,
  rules: { email: string; leastCharacters: number },
): void {
  const characters = [...password.normalize('NFKC')].length;
  if (characters < rules.leastCharacters)
    throw new TokenjarError('password_too_short', {
      errors: { [field]: [`The password must have at least ${rules.leastCharacters} characters.`] },
    });
  if (characters > MOST_CHARACTERS)
    throw new TokenjarError('password_too_long', {
      errors: { [field]: [`The password must have at most ${MOST_CHARACTERS} characters.`] },
    });
  if (password.toLowerCase() === rules.email)
    throw new TokenjarError('password_same_as_email', {
      errors: { [field]: ['The password must not be the e-mail address.'] },
    });
}
