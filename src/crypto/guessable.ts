import { FAMOUS_PHRASES } from './notorious.js';
import { keysOf } from './keyboards.js';
import { isMadeOf } from './likeness.js';

/** What the estimate looks at: its cost grows faster than the length. **Unit** characters. */
const WINDOW = 32;
/** Words with years and digits have fewer changes between letters and digits. */
const MOST_TURNS = 5;
/** Where passwords are the only factor (NIST SP 800-63B-4 §3.1.1.2). **Unit** characters. */
const LENGTH_OF_ONLY_FACTOR = 15;

/**
 * Guesses that a password has to be worth, by the zxcvbn estimate.
 *
 * A length that is demanded is to be worth something: from 15 characters, where a password may be the only factor,
 * 10^11. Two or three words of the list with years, digits and punctuation stay below that, three to four words drawn
 * by lot are above. At 8 characters it is 10^4, as deep as Django's list.
 *
 * **Source** NIST SP 800-63B-4 §3.1.1.2; ASVS 5.0 6.2.4.
 */
export function leastGuesses(password: string, minLength: number): number {
  const isLong = [...password].length >= LENGTH_OF_ONLY_FACTOR;
  const length = isLong ? LENGTH_OF_ONLY_FACTOR : Math.min(Math.max(minLength, 8), LENGTH_OF_ONLY_FACTOR);
  return 10 ** (length - 4);
}

/** Whether a password needs no estimate to be called common: a phrase that everybody knows, or nothing but digits. */
export function isNotorious(password: string, minLength: number): boolean {
  const plain = password.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const isOfDigits = /^\p{N}+$/u.test(plain) && leastGuesses(password, minLength) >= leastGuesses('', 15);
  return isOfDigits || isMadeOf(plain, FAMOUS_PHRASES);
}

/**
 * The readings of a password that somebody who guesses would try: as it stands, by its keys, without separators, and
 * a word that was zipped with digits (`a1b2c3`) apart from them. It is worth what its weakest reading is.
 *
 * **Shape** for each reading its first and its last 32 characters: the better of them says what it is worth at least.
 */
export function readingsOf(password: string): string[][] {
  const readings = new Set([password]);
  if (/[^\p{ASCII}]|[!@#$%^&*()_+]/u.test(password)) readings.add(keysOf(password));
  for (const text of [...readings]) readings.add(unseparated(text)).add(unzipped(text));
  return [...readings].filter((text) => text !== '').map(windowsOf);
}

function windowsOf(text: string): string[] {
  const characters = [...text];
  const first = characters.slice(0, WINDOW).join('');
  return characters.length > WINDOW ? [first, characters.slice(-WINDOW).join('')] : [first];
}

/** Without blanks and without the punctuation mark that comes most often, if it comes often enough to separate. */
function unseparated(text: string): string {
  const counts = new Map<string, number>();
  for (const [mark] of text.matchAll(/[^\p{L}\p{N}\s]/gu)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  const [mark, count = 0] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
  const joined = text.replace(/\s+/gu, '');
  return mark !== undefined && count >= 2 ? joined.replaceAll(mark, '') : joined;
}

/** Letters first, where letters and digits take turns. */
function unzipped(text: string): string {
  const turns = text.match(/\p{L}(?=\p{N})|\p{N}(?=\p{L})/gu) ?? [];
  if (turns.length < MOST_TURNS) return text;
  return text.replace(/[^\p{L}]/gu, '') + text.replace(/\p{L}/gu, '');
}
