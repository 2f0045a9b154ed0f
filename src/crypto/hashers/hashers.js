// Every format of a stored password that can be verified. Plain JavaScript, because the threads that hash load it as it is.
import { performance } from 'node:perf_hooks';
import { parseArgon2 } from './argon2.js';
import { parseBcrypt } from './bcrypt.js';
import { parseDesCrypt } from './des-crypt.js';
import { hexOf, parseDjangoDigest, parseLdap, parseWerkzeugDigest } from './digests.js';
import { isSame } from './encoding.js';
import { parseFirebase } from './firebase.js';
import { LONGEST, MALFORMED, TOO_COSTLY, UNKNOWN } from './limits.js';
import { argon2 } from './natives.js';
import { parsePbkdf2, parseDjangoWrapped } from './pbkdf2.js';
import { parsePhpass } from './phpass.js';
import { parseBetterAuth, parseScrypt } from './scrypt.js';
import { parseWrapped } from './wrapped.js';

/**
 * A format of another system is a file with a pure parser and a line here: what its hashes begin with.
 *
 * A parser returns a recipe: `derive(password)` computes the digest of some bytes, `encode(digest)` is the stored form with
 * another digest, `isWeak` says that it has to be wrapped, `isNeverBare` that it is accepted in no other way. Or it
 * returns why it refuses, also what would be more work than `limits.js` allows.
 */
const FORMATS = [
  [/^\$wrapped\$/, (stored) => parseWrapped(stored, parse)],
  [/^(?:argon2)?\$argon2/, parseArgon2],
  [/^(?:bcrypt_sha256\$|bcrypt\$|\$wp|devise\$)?\$2[abxy]\$/, parseBcrypt],
  [/^pbkdf2_wrapped_/, (stored) => parseDjangoWrapped(stored, hexOf)],
  [/^\$?pbkdf2[_:$-]/, parsePbkdf2],
  [/^scrypt[$:]/, parseScrypt],
  [/^[0-9a-f]{32}:/, parseBetterAuth],
  [/^\$fbscrypt-stream\$/, parseFirebase],
  [/^(?:md5|sha1)\$|^[0-9a-f]{32}$/i, parseDjangoDigest],
  [/^crypt\$/, parseDesCrypt],
  [/^werkzeug\$/, parseWerkzeugDigest],
  [/^\{S?(?:MD5|SHA)/i, parseLdap],
  [/^\$[PH]\$/, parsePhpass],
];

/** Reads a stored password: a recipe, or `{ refused }`. */
export function parse(stored) {
  if (typeof stored !== 'string') return UNKNOWN;
  if (stored.length > LONGEST) return TOO_COSTLY;
  const [, parser] = FORMATS.find(([prefix]) => prefix.test(stored)) ?? [];
  if (!parser) return UNKNOWN;
  // A NUL or half a character is in no hash, and PostgreSQL stores none.
  return /[\0\p{Cs}]/u.test(stored) ? MALFORMED : parser(stored);
}

/**
 * Which of several candidates is the password that was stored, if any.
 *
 * Where nothing is stored, or nothing that can be read, decoys are verified: the same work, so that time does not tell who
 * has an account or a password. A hash of another system costs its own work, and the decoys besides.
 *
 * @param candidates what may have been hashed, the likeliest first.
 * @param spent how many hashes of our own an answer of "none" takes at least, whatever is stored.
 * @param decoy a hash of nobody's password, with the parameters of our own.
 * @param secrets what belongs to hashes of other systems, and is not stored with them: `pepper`.
 * @returns `matched`; where there is none, what each candidate `took`, in milliseconds.
 */
export function match({ candidates, stored, spent, decoy, secrets = {} }) {
  const began = performance.now();
  const recipe = parse(stored);
  const isReadable = !recipe.refused && !recipe.isNeverBare;
  const matched = isReadable
    ? candidates.find((candidate) => fits(recipe, Buffer.from(candidate), secrets))
    : undefined;
  if (matched !== undefined) return { matched };
  const own = isReadable && isOwn(stored) ? candidates.length : 0;
  for (let i = own; i < Math.max(spent, candidates.length); i++) argon2().verifySync(decoy, candidates[0]);
  return { took: (performance.now() - began) / candidates.length };
}

/** What takes equally long, if the hash is one of another system; undefined for what takes as long as our own. */
export function kindOf(stored) {
  const recipe = parse(stored);
  if (recipe.refused || recipe.isNeverBare || isOwn(stored)) return undefined;
  return `${recipe.format} ${recipe.cost}`;
}

/** What costs as much as one of our own hashes. */
const isOwn = (stored) => stored.startsWith('$argon2id$') || stored.startsWith('$wrapped$');

function fits(recipe, password, secrets) {
  try {
    const digest = recipe.derive(password, secrets);
    return digest !== undefined && isSame(digest, recipe.digest);
  } catch {
    // What a library refuses of what could be read.
    return false;
  }
}
