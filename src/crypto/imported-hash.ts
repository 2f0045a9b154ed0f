import { type HashRefusal, parse } from './hashers/hashers.js';
import { fromFirebase, fromSupabaseFirebase } from './hashers/firebase.js';
import { fromKeycloak } from './hashers/keycloak.js';
import { wrap, wrappable } from './hashers/wrapped.js';
import type { Passwords } from './password.js';

/** Where a hash comes from, as far as the hash does not say it itself. */
export interface HashOrigin {
  /**
   * `devise`: bcrypt of the password with the pepper. `werkzeug`: `sha1$…` is an HMAC. `tokenjar`: as it rests here, also
   * wrapped.
   */
  system?: 'django' | 'devise' | 'werkzeug' | 'tokenjar' | undefined;
  /** Firebase: what the project's page calls `base64_signer_key`, `base64_salt_separator`, `rounds`, `mem_cost`. */
  firebase?: { signerKey: string; saltSeparator: string; rounds: number; memCost: number } | undefined;
}

/** Firebase: `{passwordHash, salt}`. Keycloak: `{secretData, credentialData}`, also as JSON. Others: text. */
export type ForeignHash = string | Readonly<Record<string, unknown>>;

/** What an import has to know of a hash, before anything is computed. */
export type DescribedHash =
  /** No password works there: the source says so itself. */
  | { kind: 'none' }
  /** @property readsAtMost the format ignores what follows. **Unit** bytes. */
  | { kind: 'usable'; format: string; stored: string; isWeak: boolean; readsAtMost: number | undefined }
  | { kind: 'refused'; reason: HashRefusal };

/**
 * Whether a stored password of another system is one of the formats that are verified here, within the limits. Pure and
 * cheap: nothing is hashed. **Source** docs/imported-passwords.md has the formats.
 */
export function describeHash(hash: ForeignHash, origin: HashOrigin = {}): DescribedHash {
  // Django: no password, or one that was made unusable. Before 1.6 it wrote the mark alone.
  if (hash === '' || (typeof hash === 'string' && hash.startsWith('!'))) return { kind: 'none' };
  const stored = canonical(hash, origin);
  const recipe = parse(stored);
  if (recipe.refused !== undefined) return { kind: 'refused', reason: recipe.refused };
  // Ours, as it rests here: only our own export has it.
  if (stored === undefined || (recipe.isWrapped && origin.system !== 'tokenjar'))
    return { kind: 'refused', reason: 'unknown_format' };
  const { format, isWeak, readsAtMost } = recipe;
  return { kind: 'usable', format, stored, isWeak, readsAtMost };
}

/** How a hash is written here. What comes as an argon2 PHC string gets a word before it, so that it is not one of ours. */
function canonical(hash: ForeignHash, { system, firebase }: HashOrigin): string | undefined {
  if (typeof hash !== 'string')
    return 'passwordHash' in hash ? fromFirebase({ ...hash, ...firebase }) : fromKeycloak(hash);
  if (system === 'tokenjar') return hash;
  if (hash.startsWith('{"')) return fromKeycloak(hash);
  if (hash.startsWith('$fbscrypt$')) return fromSupabaseFirebase(hash);
  if (hash.startsWith('$argon2')) return `argon2${hash}`;
  if (system === 'devise') return `devise$${hash}`;
  if (system === 'werkzeug' && /^(?:md5|sha\d+)\$/.test(hash)) return `werkzeug$${hash}`;
  // LDAP says of other formats that they are crypt(3)'s.
  return hash.replace(/^\{CRYPT\}(?=\$)/i, '');
}

/**
 * What has to be stored for a password of another system, so that it goes on working and is no easier to guess than one of
 * ours: a strong hash as it is, a weak one within one of our own.
 *
 * @returns null for an account without a password; a reason if it cannot come.
 * **Unit** wrapping takes one hash, about 7 ms of one core and 19 MiB; call it for as many at once as `Passwords.atOnce`.
 */
export async function acceptHash(
  hash: ForeignHash,
  origin: HashOrigin,
  passwords: Passwords,
): Promise<{ passwordHash: string | null } | { refused: HashRefusal }> {
  const described = describeHash(hash, origin);
  if (described.kind === 'none') return { passwordHash: null };
  if (described.kind === 'refused') return { refused: described.reason };
  // Of another Tokenjar: as its server has made it.
  const isOwn = origin.system === 'tokenjar' && described.stored.startsWith('$argon2id$');
  if (!described.isWeak || isOwn) return { passwordHash: described.stored };
  const recipe = parse(described.stored);
  if (recipe.refused !== undefined) return { refused: recipe.refused };
  return { passwordHash: wrap(recipe, await passwords.hash(wrappable(recipe.digest))) };
}
