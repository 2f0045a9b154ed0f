import { domainToUnicode } from 'node:url';
import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { BreachedPasswords } from '../crypto/breached-passwords.js';
import { isNotorious, leastGuesses, readingsOf } from '../crypto/guessable.js';
import { isMadeOf, resembles } from '../crypto/likeness.js';
import { type Asker, Passwords } from '../crypto/password.js';
import { type ErrorCode, type FieldErrors, TokenjarError } from '../errors.js';

/** The maximum length of a new password. Sign-in accepts longer ones, for imported accounts. */
const MOST_CHARACTERS = 256;

export type PasswordRules = Pick<
  Options,
  | 'passwordMinLength'
  | 'passwordRefuseCommon'
  | 'passwordRefuseNumeric'
  | 'passwordRefuseSimilar'
  | 'siteName'
>;

/** What an account is called. */
interface Named {
  email: string | null;
  username?: string | null | undefined;
}

/** What an attacker knows about the account. */
function contextOf({ email, username }: Named, siteName: string): string[] {
  const [mailbox = '', domain = ''] = (email ?? '').split('@');
  const labels = [domain, domainToUnicode(domain)].flatMap((name) => name.split('.').slice(0, -1));
  return [email ?? '', mailbox, username ?? '', ...new Set(labels), siteName].filter((text) => text !== '');
}

/**
 * Returns everything that is wrong with a new password. There are no composition rules.
 *
 * The address and the site name are public, so a password that consists mostly of them is refused.
 *
 * @param guesses the estimated number of guesses needed.
 * **Unit** characters are code points. **Source** NIST SP 800-63B-4 §3.1.1.2; ASVS 5.0 6.2.1, 6.2.4, 6.2.5, 6.2.9.
 */
function problemsOf(password: string, named: Named, rules: PasswordRules, guesses: number): ErrorCode[] {
  const normal = password.normalize('NFKC');
  const characters = [...normal].length;
  const { email, username } = named;
  const isEmail = email !== null && [email, email.split('@')[0]].includes(normal.toLowerCase());
  const isDerived = isMadeOf(normal, contextOf(named, rules.siteName));
  const isAlike =
    isDerived ||
    (rules.passwordRefuseSimilar &&
      [email, username].some((name) => name != null && resembles(normal, name)));
  // A password made of the address is also easy to guess; report only one reason. One that only shares letters with the
  // address can be common for a reason of its own.
  const isCommon =
    isNotorious(normal, rules.passwordMinLength) ||
    (!isEmail && !isDerived && guesses < leastGuesses(normal, rules.passwordMinLength));
  const problems: [isSo: boolean, code: ErrorCode][] = [
    [characters < rules.passwordMinLength, 'password_too_short'],
    [characters > MOST_CHARACTERS, 'password_too_long'],
    [isEmail, 'password_same_as_email'],
    [!isEmail && isAlike, 'password_too_similar'],
    [rules.passwordRefuseCommon && isCommon, 'password_too_common'],
    [rules.passwordRefuseNumeric && /^\d+$/.test(normal), 'password_numeric'],
  ];
  return problems.filter(([isSo]) => isSo).map(([, code]) => code);
}

/** The context of a new password. */
interface Choice extends Named {
  /** The field of the password, for error messages. */
  field: string;
  /** The repeated password, if the dialect requires it. */
  confirmation?: string | undefined;
  /** Errors in other fields. */
  fieldErrors?: FieldErrors | undefined;
  /** Random by default. */
  salt?: Buffer;
}

/** Checks and hashes new passwords. */
@Injectable()
export class NewPasswords {
  constructor(
    @Inject(OPTIONS) private readonly options: PasswordRules,
    private readonly passwords: Passwords,
    private readonly breached: BreachedPasswords,
  ) {}

  /** Hashes a password that passes the checks. **Errors** those of {@link check}; `server_busy`. */
  async hash(password: string, choice: Choice, asker: Asker): Promise<string> {
    await this.check(password, choice, asker);
    return this.passwords.hash(password, asker, choice.salt);
  }

  /**
   * **Errors** `password_*`, with a message per problem under the field; `input_invalid` for errors in other fields;
   * `server_busy`.
   */
  async check(password: string, choice: Choice, asker: Asker): Promise<void> {
    const { field, confirmation, fieldErrors = {} } = choice;
    const problems = problemsOf(password, choice, this.options, await this.guesses(password, choice, asker));
    if (this.breached.has(password)) problems.push('password_breached');
    if (confirmation !== undefined && confirmation !== password) problems.push('password_mismatch');
    const [code] = problems;
    if (code !== undefined)
      throw new TokenjarError(code, {
        codes: problems,
        errors: { ...fieldErrors, [field]: problems.map((each) => this.sentences[each] ?? each) },
      });
    if (Object.keys(fieldErrors).length > 0)
      throw new TokenjarError('input_invalid', { errors: fieldErrors });
  }

  /** A password that is too long is refused anyway, and estimating it would be expensive. */
  private async guesses(password: string, named: Named, asker: Asker): Promise<number> {
    const normal = password.normalize('NFKC');
    const { passwordRefuseCommon, siteName } = this.options;
    if (!passwordRefuseCommon || [...normal].length > MOST_CHARACTERS) return Infinity;
    return this.passwords.guesses(readingsOf(normal), contextOf(named, siteName), asker);
  }

  private get sentences(): Partial<Record<ErrorCode, string>> {
    return {
      password_too_short: `The password must have at least ${this.options.passwordMinLength} characters.`,
      password_too_long: `The password must have at most ${MOST_CHARACTERS} characters.`,
      password_too_common: 'The password is too easy to guess.',
      password_breached: 'The password has appeared in a data breach. Choose another one.',
      password_numeric: 'The password must not consist only of digits.',
      password_same_as_email: 'The password must not be the email address.',
      password_too_similar: `The password must not be based on the email address or on ${this.options.siteName}.`,
      password_mismatch: 'The two passwords do not match.',
    };
  }
}
