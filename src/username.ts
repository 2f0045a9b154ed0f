import unhomoglyph from 'unhomoglyph';
import { normalAddress } from './email-address.js';

/** As in Django. **Unit** code points. */
export const LONGEST_USERNAME = 150;

/**
 * What names that differ only in case, width or invisible characters share. Names are unique by it, and found by it.
 *
 * **Source** NFKC_Casefold (Unicode, UAX #31 §5); RFC 8265 §3.3 maps case and width in the same spirit.
 */
export const foldedUsername = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    // By way of capitals, as full case folding does with ß and the final sigma.
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC');

/** What names that look alike share. **Source** UTS #39 §4 (skeleton), of the folded name. */
export const usernameSkeleton = (name: string): string =>
  unhomoglyph(foldedUsername(name).normalize('NFD')).normalize('NFD');

/** The columns of a user that a username fills. */
export interface UsernameColumns<Text = string | null> {
  username: Text;
  usernameFolded: Text;
  usernameSkeleton: Text;
}

/** The columns for a name, exactly as it is given: for names that another system has accepted, too. */
export function usernameColumns(name: string): UsernameColumns<string>;
export function usernameColumns(name: string | null): UsernameColumns;
export function usernameColumns(name: string | null): UsernameColumns {
  const [username, usernameFolded, usernameSkeleton] = usernameValues(name);
  return { username, usernameFolded, usernameSkeleton };
}

/** The same for a statement, in their order; nulls for an account without one. */
export type UsernameValues = [username: string | null, folded: string | null, skeleton: string | null];
export const usernameValues = (name: string | null): UsernameValues =>
  name === null ? [null, null, null] : [name, foldedUsername(name), usernameSkeleton(name)];

/** A new name as it is kept: as it was typed, but for width, ligatures and spaces around it. */
export const newUsername = (text: string): string => text.normalize('NFKC').trim();

/**
 * Why a new name is refused, as a sentence; undefined if it is not.
 *
 * **Source** RFC 8265 §3.3 (UsernameCaseMapped: letters, digits and marks of RFC 8264 §9.1, printable ASCII, the rule of
 * RFC 5893 for names from right to left); UTS #39 §5.2 (highly restrictive). Stricter: right-to-left names begin with a
 * letter and end with a letter, mark or digit, and only the scripts of UAX #31 Table 5 are allowed.
 *
 * @param name as {@link newUsername} returns it. @param ownAddress that of the account, which may be its name.
 */
export function usernameProblem(name: string, ownAddress: string | null): string | undefined {
  if (name === '') return 'This field must not be empty.';
  if ([...name].length > LONGEST_USERNAME)
    return `This username has more than ${LONGEST_USERNAME} characters.`;
  const address = normalAddress(name);
  if (address !== undefined)
    return address === ownAddress ? undefined : 'An email address cannot be a username.';
  if (!ALLOWED.test(name) || UNSEEN.test(name) || !SCRIPTS.some((script) => script.test(name)))
    return 'A username consists of letters and digits of one script, and of punctuation as on a keyboard.';
  if (RIGHT_TO_LEFT.test(name) && !/^\p{L}.*[\p{L}\p{M}\p{Nd}]$/u.test(name))
    return 'A username that is written from right to left begins with a letter, and ends with a letter or digit.';
  return undefined;
}

const ALLOWED = /^(?!\p{M})[\p{Lu}\p{Ll}\p{Lo}\p{Lm}\p{Nd}\p{Mn}\p{Mc}!-~]+$/u;
/** Some letters among them, such as the filler of Hangul, have no shape. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u;
const RIGHT_TO_LEFT = /[\p{scx=Hebr}\p{scx=Arab}\p{scx=Thaa}]/u;

/** Each alone; those that are written together with others beside. */
const SCRIPTS = [
  ...'Arab Armn Beng Cyrl Deva Ethi Geor Grek Gujr Guru Hebr Khmr Knda Laoo Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt'
    .split(' ')
    .map((script) => [script]),
  ['Latn', 'Hani', 'Hira', 'Kana'],
  ['Latn', 'Hani', 'Bopo'],
  ['Latn', 'Hani', 'Hang'],
].map(
  (scripts) =>
    new RegExp(
      `^[\\p{Nd}\\p{sc=Zyyy}\\p{sc=Zinh}${scripts.map((script) => `\\p{scx=${script}}`).join('')}]+$`,
      'u',
    ),
);
