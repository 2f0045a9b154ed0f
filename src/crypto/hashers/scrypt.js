import { scryptSync } from 'node:crypto';
import { fromBase64, fromHex, toBase64 } from './encoding.js';
import { LEAST, LONGEST_SALT, MALFORMED, MOST_SCRYPT, TOO_COSTLY } from './limits.js';

const NUMBER = /^[1-9]\d{0,9}$/;
const BYTES = 64;

/** **Unit** bytes that scrypt fills. Node refuses to use more than it is told. */
export const memoryOf = ({ N, r, p }) => 128 * r * (N + p + 2);

/** Checks N, r and p, as numbers. @returns a refusal, or undefined. */
export function refusalOf({ N, r, p }) {
  if (![N, r, p].every((each) => Number.isInteger(each) && each >= 1)) return MALFORMED;
  if (memoryOf({ N, r, p }) > MOST_SCRYPT.memory + 2 ** 20 || N * r * p > MOST_SCRYPT.work) return TOO_COSTLY;
  return N < 2 || !Number.isInteger(Math.log2(N)) ? MALFORMED : undefined;
}

export const isWeakScrypt = ({ N, r, p }) => N * r * p < LEAST.scryptWork;

export const scrypt = (password, salt, length, cost) =>
  scryptSync(password, salt, length, { ...cost, maxmem: memoryOf(cost) + 2 ** 20 });

/**
 * **Shape** Django: `scrypt$N$SALT$r$p$BASE64`, the salt as text. Werkzeug: `scrypt:N:r:p$SALT$HEX`.
 * better-auth: `SALT:HEX`, the salt as the text of its 32 hexadecimal digits, N = 16384, r = 16, p = 1.
 */
export function parseScrypt(stored) {
  const django = /^scrypt\$([^$]*)\$([^$]+)\$([^$]*)\$([^$]*)\$([^$]*)$/.exec(stored);
  if (django) {
    const [, N, salt, r, p, digest] = django;
    return recipe('django scrypt', { cost: { N, r, p }, salt, digest: fromBase64(digest) }, (other) =>
      ['scrypt', N, salt, r, p, toBase64(other)].join('$'),
    );
  }
  const werkzeug = /^scrypt:([^:$]*):([^:$]*):([^:$]*)\$([^$]+)\$([^$]*)$/.exec(stored);
  if (!werkzeug) return MALFORMED;
  const [, N, r, p, salt, digest] = werkzeug;
  return recipe('werkzeug scrypt', { cost: { N, r, p }, salt, digest: fromHex(digest) }, (other) =>
    [`scrypt:${N}:${r}:${p}`, salt, other.toString('hex')].join('$'),
  );
}

export function parseBetterAuth(stored) {
  const [, salt, digest] = /^([0-9a-f]{32}):([0-9a-f]{128})$/.exec(stored) ?? [];
  if (!salt) return MALFORMED;
  const cost = { N: '16384', r: '16', p: '1' };
  return recipe(
    'better-auth',
    { cost, salt, digest: fromHex(digest) },
    (other) => `${salt}:${other.toString('hex')}`,
  );
}

function recipe(format, { cost, salt, digest }, encode) {
  if (!Object.values(cost).every((each) => NUMBER.test(each)) || digest?.length !== BYTES) return MALFORMED;
  const numbers = { N: Number(cost.N), r: Number(cost.r), p: Number(cost.p) };
  const refusal = salt.length > LONGEST_SALT ? TOO_COSTLY : refusalOf(numbers);
  if (refusal) return refusal;
  return {
    format,
    cost: Object.values(numbers).join(),
    isWeak: isWeakScrypt(numbers),
    digest,
    derive: (password) => scrypt(password, Buffer.from(salt), BYTES, numbers),
    encode,
  };
}
