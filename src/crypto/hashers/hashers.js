// Every format of a stored password that can be verified, by the prefix it begins with. Plain JavaScript, because the
// threads that hash load it as it is.
import { verifySync } from '@node-rs/argon2';
import { verifyArgon2 } from './argon2.js';

// A format of another system is a file with a pure `verify(password, stored)` and a line here. It answers undefined for
// what it cannot read, and for parameters that ask for more work than it allows: whoever can write a hash into an import
// must not be able to keep the threads busy. What it verified is hashed anew at the login.
const HASHERS = {
  $argon2id$: verifyArgon2,
  $argon2i$: verifyArgon2,
  $argon2d$: verifyArgon2,
};

/**
 * Whether a password is the one that was stored.
 *
 * Where nothing is stored, or nothing that can be read, a decoy is verified and the answer is no: the same work, so that
 * time does not tell who has an account or a password.
 *
 * @param decoy a hash of nobody's password, with the parameters of our own.
 */
export function verify(password, stored, decoy) {
  const [, hasher] = Object.entries(HASHERS).find(([prefix]) => stored?.startsWith(prefix)) ?? [];
  const verdict = hasher?.(password, stored);
  if (verdict !== undefined) return verdict;
  verifySync(decoy, password);
  return false;
}
