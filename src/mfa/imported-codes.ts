import { createHmac, type KeyObject } from 'node:crypto';
import { deriveKey } from '../crypto/derive.js';

/** The current key first. */
export type ImportedCodeKeys = readonly [KeyObject, ...KeyObject[]];

/** Token under which they are injected. */
export const IMPORTED_CODE_KEYS = Symbol('tokenjar.importedCodeKeys');

export const importedCodeKeys = ([current, ...former]: readonly [string, ...string[]]): ImportedCodeKeys => [
  deriveKey(current, 'imported recovery code'),
  ...former.map((each) => deriveKey(each, 'imported recovery code')),
];

/** **Unit** characters, without blanks and hyphens. */
const SHORTEST = 6;
const LONGEST = 64;

/**
 * The digest of a recovery code that another system has issued. Those are short, so that without a key all of them could
 * be tried. **Shape** HMAC-SHA-256 of user and code.
 */
export const importedCodeDigest = (key: KeyObject, userId: number, code: string): Buffer =>
  createHmac('sha256', key)
    .update(`${userId} ${normalizedCode(code)}`)
    .digest();

/** Whether a text may be such a code. */
export const mayBeImported = (code: string): boolean => {
  const { length } = normalizedCode(code);
  return length >= SHORTEST && length <= LONGEST;
};

/** Crockford's rules: capitals count as small letters, o as 0, i and l as 1. */
export const normalizedCode = (code: string): string =>
  code.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
