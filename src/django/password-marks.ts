import { createHash } from 'node:crypto';
import { deriveKey } from '../crypto/derive.js';
import type { MarkKeys } from '../crypto/mark.js';

/** Token under which the keys of marks are injected. */
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
