import { describe, expect, test } from '@jest/globals';
import { Passwords } from '../../src/crypto/password.js';
import { NewPasswords, type PasswordRules, problemsOf } from '../../src/accounts/new-password.js';
import { parseOptions } from '../../src/config/check.js';
import { TokenjarError } from '../../src/errors.js';

const EMAIL = 'ada.lovelace@example.com';

const RULES: PasswordRules = {
  passwordMinLength: 15,
  passwordRefuseCommon: false,
  passwordRefuseNumeric: false,
  passwordRefuseSimilar: false,
  siteName: 'Tokenjar',
};
const options = (rules: Partial<PasswordRules>) => ({ ...parseOptions({}), ...RULES, ...rules });

function refusalOf(password: string, passwordMinLength = 15): TokenjarError | undefined {
  try {
    new NewPasswords(options({ passwordMinLength }), new Passwords(1)).check(password, {
      field: 'new_password',
      email: EMAIL,
    });
    return undefined;
  } catch (error) {
    if (error instanceof TokenjarError) return error;
    throw error;
  }
}

describe('taken', () => {
  test.each([
    'fifteen charact',
    'aaaaaaaaaaaaaaa',
    '               ',
    '123456789012345',
    'пароль из букв!',
    '😀'.repeat(15),
    'x'.repeat(256),
    '😀'.repeat(256),
    `${EMAIL} and more of it`,
    // One character each, once normalised.
    'e\u0301'.repeat(256),
  ])('%j', (password) => expect(refusalOf(password)).toBeUndefined());
});

describe('refused', () => {
  test.each([
    ['', 'password_too_short'],
    ['fourteen chars', 'password_too_short'],
    ['😀'.repeat(14), 'password_too_short'],
    ['e\u0301'.repeat(14), 'password_too_short'],
    ['x'.repeat(257), 'password_too_long'],
    ['😀'.repeat(257), 'password_too_long'],
    // One code point that normalisation makes eighteen.
    ['\ufdfa'.repeat(15), 'password_too_long'],
    [EMAIL, 'password_same_as_email'],
    [EMAIL.toUpperCase(), 'password_same_as_email'],
    ['Ada.Lovelace@Example.com', 'password_same_as_email'],
  ])('%j: %s', (password, code) => {
    const refusal = refusalOf(password);
    expect([refusal?.code, refusal?.status]).toEqual([code, 400]);
    const sentences = refusal?.errors?.new_password ?? [];
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).not.toContain(password || '\0');
  });

  test('by the length that is set', () => {
    expect(refusalOf('1234567', 8)?.errors).toEqual({
      new_password: ['The password must have at least 8 characters.'],
    });
    expect(refusalOf('12345678', 8)).toBeUndefined();
    expect(refusalOf('', 1)?.code).toBe('password_too_short');
  });

  test('the address counts however wide its letters are', () => {
    expect(refusalOf(EMAIL.replace('a', '\uff41'))?.code).toBe('password_same_as_email');
  });
});

describe('guessed', () => {
  const rules = { ...RULES, passwordMinLength: 8, passwordRefuseCommon: true };
  test.each([
    ['12345678', ['password_too_common']],
    ['password', ['password_too_common']],
    ['PassWord', ['password_too_common']],
    ['aaaaaaaaaaaaaaaaaaaa', ['password_too_common']],
    ['qwertyuiop', ['password_too_common']],
    ['short', ['password_too_short', 'password_too_common']],
    ['marble cactus orbit lantern', []],
    ['tr0ub4dor&3x-Lisbon', []],
  ])('%j: %j', (password, codes) => expect(problemsOf(password, EMAIL, rules)).toEqual(codes));

  test('digits alone, where that is refused', () => {
    const numeric = { ...rules, passwordRefuseNumeric: true };
    expect(problemsOf('8471936205847', EMAIL, numeric)).toEqual(['password_numeric']);
    expect(problemsOf('8471936205847', EMAIL, rules)).toEqual([]);
  });

  test('a long one takes no longer than a short one: it is cut before the estimate', () => {
    expect(problemsOf('x1Y'.repeat(80), EMAIL, rules)).toEqual([]);
  });

  test('typed differently the second time', () => {
    const check = () =>
      new NewPasswords(options({}), new Passwords(1)).check('fifteen charact', {
        field: 'password',
        email: EMAIL,
        confirmation: 'other',
      });
    expect(check).toThrow(new TokenjarError('password_mismatch').message);
  });
});
