import { describeHash, type ForeignHash, type HashOrigin } from '../crypto/imported-hash.js';
import { LONGEST_USERNAME } from '../username.js';
import type { RemarkKind } from './remarks.js';

/** Says of the account that is being mapped what cannot come as it was. */
export type Say = (kind: RemarkKind, more?: string) => void;

/** Where accounts of providers are. No object: a file may name a provider `constructor`. */
export const ISSUERS: ReadonlyMap<string, string> = new Map([
  ['google', 'https://accounts.google.com'],
  ['github', 'https://github.com'],
  ['kakao', 'https://kauth.kakao.com'],
  ['naver', 'https://nid.naver.com'],
  ['apple', 'https://appleid.apple.com'],
]);

const LONGEST_ROLE = 100;

export const isRoleName = (name: string): boolean =>
  name.length > 0 &&
  name.length <= LONGEST_ROLE &&
  name.trim() === name &&
  !/\p{C}|\p{Zl}|\p{Zp}/u.test(name);

/** Whether it can be stored, and shown on a terminal: no control characters, and no halves of a character. */
export const isPlain = (text: string): boolean => !/[\p{Cc}\p{Cs}]/u.test(text);

/** Names are kept as they are, also such as could not be chosen here. */
export const isUsername = (name: string): boolean =>
  name !== '' && [...name].length <= LONGEST_USERNAME && isPlain(name);

const REFUSED = {
  unknown_format: 'hash_unknown',
  malformed: 'hash_malformed',
  too_costly: 'hash_too_costly',
} as const;

/** Whether a password can come. */
export function remarkPassword(hash: ForeignHash, origin: HashOrigin, say: Say): void {
  const described = describeHash(hash, origin);
  if (described.kind === 'none') say('no_password');
  else if (described.kind === 'refused') say(REFUSED[described.reason]);
  else if (described.readsAtMost !== undefined) say('hash_truncates', `${described.readsAtMost} bytes`);
}
