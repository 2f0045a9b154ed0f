import unhomoglyph from 'unhomoglyph';

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
export interface UsernameColumns {
  username: string | null;
  usernameFolded: string | null;
  usernameSkeleton: string | null;
}

/** The columns for a name, exactly as it is given: for names that another system has accepted. */
export const usernameColumns = (name: string | null): UsernameColumns => ({
  username: name,
  usernameFolded: name === null ? null : foldedUsername(name),
  usernameSkeleton: name === null ? null : usernameSkeleton(name),
});
