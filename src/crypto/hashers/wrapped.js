import { MALFORMED } from './limits.js';

const SHAPE = /^\$wrapped(\$argon2id\$[^$]+\$[^$]+\$[^$]+\$[^$]+)\$(.+)$/s;

/**
 * A weak hash within one of our own, as it rests here: argon2id of the old digest, and the old hash with zeros in place of
 * the digest, which says how to compute it.
 *
 * **Shape** `$wrapped$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH$md5$salt$00000000000000000000000000000000`.
 *
 * @param parse reads the old hash, and the one of our own.
 */
export function parseWrapped(stored, parse) {
  const [, outerText, innerText] = SHAPE.exec(stored) ?? [];
  const [outer, inner] = [outerText, innerText].map((each) => (each ? parse(each) : MALFORMED));
  if (outer.refused || inner.refused || innerText.startsWith('$wrapped')) return MALFORMED;
  return {
    ...outer,
    format: `wrapped ${inner.format}`,
    readsAtMost: inner.readsAtMost,
    isWrapped: true,
    derive(password, secrets) {
      const digest = inner.derive(password, secrets);
      return digest && outer.derive(Buffer.from(wrappable(digest)));
    },
    encode: undefined,
  };
}

/** What argon2id is computed of. Not the bytes, so that it is a text like any password. */
export const wrappable = (digest) => digest.toString('hex');

/** @param hash of {@link wrappable}, by argon2id. */
export const wrap = (recipe, hash) => `$wrapped${hash}$${recipe.encode(Buffer.alloc(recipe.digest.length))}`;
