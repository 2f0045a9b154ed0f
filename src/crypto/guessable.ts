import { FAMOUS_PHRASES } from './notorious.js';
import { keysOf } from './keyboards.js';
import { isMadeOf } from './likeness.js';

/** How much of a password the estimate considers, because its cost grows faster than the length. **Unit** characters. */
const WINDOW = 32;
/** Words with years and digits have fewer changes between letters and digits. */
const MOST_TURNS = 5;
/** The minimum length if passwords are the only factor (NIST SP 800-63B-4 §3.1.1.2). **Unit** characters. */
const LENGTH_OF_ONLY_FACTOR = 15;

/**
 * The number of guesses, by the zxcvbn estimate, that a password has to withstand.
 *
 * It depends on the required length: from 15 characters on, where a password may be the only factor, it is 10^11. Two or
 * three words of the list with years, digits and punctuation stay below that, three to four random words are above. At 8
 * characters it is 10^4, as deep as Django's list.
 *
 * **Source** NIST SP 800-63B-4 §3.1.1.2; ASVS 5.0 6.2.4.
 */
export function leastGuesses(password: string, minLength: number): number {
  const isLong = [...password].length >= LENGTH_OF_ONLY_FACTOR;
  const length = isLong ? LENGTH_OF_ONLY_FACTOR : Math.min(Math.max(minLength, 8), LENGTH_OF_ONLY_FACTOR);
  return 10 ** (length - 4);
}

/** Whether a password is common without an estimate: a famous phrase, or only digits. */
export function isNotorious(password: string, minLength: number): boolean {
  const plain = password.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const isOfDigits = /^\p{N}+$/u.test(plain) && leastGuesses(password, minLength) >= leastGuesses('', 15);
  return isOfDigits || isMadeOf(plain, FAMOUS_PHRASES);
}

/**
 * The readings of a password that an attacker would try: as it is, by its keys, without what is usual in web addresses,
 * without punctuation at its ends, without separators, with interleaved digits (`a1b2c3`) separated, and with repeated
 * characters (`aabbcc`) once. Its strength is that of the weakest reading.
 *
 * The estimate pays 10^4 for every further part, however predictable: one `!` at the end, or a `.com`, would be worth as
 * much as a word.
 *
 * **Shape** the first and the last 32 characters of each reading: the stronger of them is a lower bound.
 */
export function readingsOf(password: string): string[][] {
  const readings = new Set([password, unaddressed(password), trimmed(password)]);
  if (/[^\p{ASCII}]|[!@#$%^&*()_+]/u.test(password)) readings.add(keysOf(password));
  for (const text of [...readings]) readings.add(unseparated(text)).add(unzipped(text)).add(undoubled(text));
  return [...readings].filter((text) => text !== '').map(windowsOf);
}

function windowsOf(text: string): string[] {
  const characters = [...text];
  const first = characters.slice(0, WINDOW).join('');
  return characters.length > WINDOW ? [first, characters.slice(-WINDOW).join('')] : [first];
}

/** Without punctuation at its ends: `!` is what everybody adds. */
const trimmed = (text: string): string => text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');

/** `https://www.example.com/login` → `examplelogin`. */
function unaddressed(text: string): string {
  const [, host, path = ''] =
    /^(?:https?:\/\/)?(?:www\.)?((?:[\w-]+\.)+)[a-z]{2,6}(?:[/:?#](.*))?$/i.exec(text) ?? [];
  return host === undefined ? text : `${host}${path}`.replace(/[^\p{L}\p{N}]/gu, '');
}

/** Without spaces and without the most frequent punctuation mark, if it is frequent enough to be a separator. */
function unseparated(text: string): string {
  const counts = new Map<string, number>();
  for (const [mark] of text.matchAll(/[^\p{L}\p{N}\s]/gu)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  const [mark, count = 0] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
  const joined = text.replace(/\s+/gu, '');
  return mark !== undefined && count >= 2 ? joined.replaceAll(mark, '') : joined;
}

/** Each character once, if all are repeated. */
const undoubled = (text: string): string =>
  /^(?:(.)\1+)+$/u.test(text) ? text.replace(/(.)\1+/gu, '$1') : text;

/** Letters first, if letters and digits alternate. */
function unzipped(text: string): string {
  const turns = text.match(/\p{L}(?=\p{N})|\p{N}(?=\p{L})/gu) ?? [];
  if (turns.length < MOST_TURNS) return text;
  return text.replace(/[^\p{L}]/gu, '') + text.replace(/\p{L}/gu, '');
}
