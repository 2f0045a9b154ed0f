// The most that a stored password may ask for. Whoever writes a hash into an import must not be able to keep the threads
// busy, or to fill the memory. The most expensive hash allowed takes one to two seconds of one thread.

/** Characters of a stored password. */
export const LONGEST = 2048;
/** Bytes of a salt; longer ones are only work. */
export const LONGEST_SALT = 256;
/** Bytes of a digest. A shorter one would match by chance; an empty one always. */
export const DIGEST = { least: 16, most: 128 };

/** Iterations of one block of PBKDF2. Django 6.1 has 1,500,000. */
export const MOST_ITERATIONS = 2_000_000;
/** The logarithm of bcrypt's rounds. */
export const MOST_BCRYPT_COST = 14;
/** Bytes, and N · r · p: OWASP's strongest, N = 2^17 with r = 8. */
export const MOST_SCRYPT = { memory: 128 * 2 ** 20, work: 2 ** 20 };
/** KiB, passes, lanes, and KiB times passes. */
export const MOST_ARGON2 = { memory: 262_144, passes: 16, lanes: 16, work: 2 ** 22 };
/** The logarithm of phpass's rounds. WordPress has 13. */
export const MOST_PHPASS_COST = 18;

/** Below these a hash is guessed faster than it may be, and is wrapped in one of our own. */
export const LEAST = { iterations: 10_000, bcryptCost: 8, scryptWork: 2 ** 15, argon2Work: 2 ** 13 };

export const MALFORMED = { refused: 'malformed' };
export const TOO_COSTLY = { refused: 'too_costly' };
export const UNKNOWN = { refused: 'unknown_format' };

export const hasGoodLength = ({ length }) => length >= DIGEST.least && length <= DIGEST.most;
