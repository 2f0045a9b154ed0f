// crypt(3) of Unix, as Django wrote it until version 5: DES with a perturbed expansion, 25 times. It is our own, because
// OpenSSL cannot perturb it and has left plain DES behind, and the packages that do it are not kept.
import { MALFORMED } from './limits.js';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

// **Source** FIPS 46-3, where the tables have these names and bits count from 1.
const PC1 =
  '57 49 41 33 25 17 9 1 58 50 42 34 26 18 10 2 59 51 43 35 27 19 11 3 60 52 44 36 ' +
  '63 55 47 39 31 23 15 7 62 54 46 38 30 22 14 6 61 53 45 37 29 21 13 5 28 20 12 4';
const PC2 =
  '14 17 11 24 1 5 3 28 15 6 21 10 23 19 12 4 26 8 16 7 27 20 13 2 ' +
  '41 52 31 37 47 55 30 40 51 45 33 48 44 49 39 56 34 53 46 42 50 36 29 32';
const P = '16 7 20 21 29 12 28 17 1 15 23 26 5 18 31 10 2 8 24 14 32 27 3 9 19 13 30 6 22 11 4 25';
const [pc1, pc2, p] = [PC1, PC2, P].map((table) => table.split(' ').map((place) => place - 1));
const expansion = Array.from({ length: 48 }, (_, i) => (Math.floor(i / 6) * 4 + (i % 6) + 31) % 32);
/** From the two halves, which are swapped at the end. */
const final = Array.from(
  { length: 64 },
  (_, i) => (i % 2 ? 0 : 32) + 7 - Math.floor(i / 8) + 8 * Math.floor((i % 8) / 2),
);
const SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
/** Four rows of 16 each, as hexadecimal digits. */
const BOXES = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
].map((digits) => [...digits].map((digit) => parseInt(digit, 16)));

/** **Shape** `crypt$$` with 2 characters of salt and 11 of digest. Of a password it reads 8 bytes, 7 bits of each. */
export function parseDesCrypt(stored) {
  const [, salt, digest] = /^crypt\$\$?([./0-9A-Za-z]{2})([./0-9A-Za-z]{11})$/.exec(stored) ?? [];
  if (!salt) return MALFORMED;
  return {
    format: 'django crypt',
    readsAtMost: 8,
    isWeak: true,
    isNeverBare: true,
    digest: Buffer.from([...digest].map((each) => ALPHABET.indexOf(each))),
    derive: (password) => Buffer.from(desCrypt(password, salt)),
    encode: (other) => `crypt$$${salt}${[...other].map((value) => ALPHABET[value]).join('')}`,
  };
}

const pick = (bits, places) => places.map((place) => bits[place]);

/** A NUL ends the password. @returns 11 values of 6 bits. */
function desCrypt(password, salt) {
  const end = password.indexOf(0);
  const key = Buffer.alloc(8, 0);
  password.copy(key, 0, 0, Math.min(8, end < 0 ? password.length : end));
  const keys = scheduleOf([...key].flatMap((byte) => bitsOf(byte << 1, 8)));
  const swaps = [...salt].flatMap((each) => bitsOf(ALPHABET.indexOf(each), 6).reverse());
  const places = expansion.map((place, i) => (swaps[i % 24] ? expansion[(i + 24) % 48] : place));
  let [left, right] = [Array(32).fill(0), Array(32).fill(0)];
  for (let time = 0; time < 25; time++) {
    for (const round of keys) {
      const mixed = mix(pick(right, places), round);
      [left, right] = [right, left.map((bit, i) => bit ^ mixed[i])];
    }
    [left, right] = [right, left];
  }
  const bits = [...pick([...left, ...right], final), 0, 0];
  return Array.from({ length: 11 }, (_, i) => numberOf(bits.slice(i * 6, i * 6 + 6)));
}

/** The boxes and the permutation of one round. */
function mix(expanded, key) {
  const output = BOXES.flatMap((box, i) => {
    const [a, b, c, d, e, f] = expanded.slice(i * 6, i * 6 + 6).map((bit, j) => bit ^ key[i * 6 + j]);
    return bitsOf(box[numberOf([a, f, b, c, d, e])], 4);
  });
  return pick(output, p);
}

function scheduleOf(key) {
  const chosen = pick(key, pc1);
  let [left, right] = [chosen.slice(0, 28), chosen.slice(28)];
  return SHIFTS.map((shift) => {
    [left, right] = [left, right].map((half) => [...half.slice(shift), ...half.slice(0, shift)]);
    return pick([...left, ...right], pc2);
  });
}

const bitsOf = (number, length) => Array.from({ length }, (_, i) => (number >> (length - 1 - i)) & 1);
const numberOf = (bits) => bits.reduce((number, bit) => number * 2 + bit, 0);
