import { createHash, createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { deriveKey } from '../crypto/derive.js';

/** Keys of {@link markOf}: the first makes, all compare. */
export type MarkKeys = readonly [KeyObject, ...KeyObject[]];

/** Token under which they are injected. */
export const MARK_KEYS = Symbol('tokenjar.djangoMarkKeys');

export const markKeys = ([current, ...former]: readonly [string, ...string[]]): MarkKeys => [
  deriveKey(current, 'django password'),
  ...former.map((each) => deriveKey(each, 'django password')),
];

/**
 * What simplejwt's `CHECK_REVOKE_TOKEN` writes into tokens of a password column.
 *
 * **Shape** MD5 of the column in upper-case hexadecimal. **Source** simplejwt, `utils.get_md5_hash_password`.
 */
export const revokeClaimOf = (column: string): string =>
  createHash('md5').update(column).digest('hex').toUpperCase();

/**
 * Stands for a text that must not rest here: of an unsalted hash, whatever is computed without a key is as good as the
 * hash itself.
 */
export const markOf = ([key]: MarkKeys, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** Whether a mark is of a text, by the current key or a former one. */
export const isMarkOf = (keys: MarkKeys, text: string, mark: Buffer): boolean =>
  keys.some((key) => {
    const expected = createHmac('sha256', key).update(text).digest();
    return expected.length === mark.length && timingSafeEqual(expected, mark);
  });
