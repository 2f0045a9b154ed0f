import { createCipheriv } from 'node:crypto';
import { fromBase64, toUnpadded } from './encoding.js';
import { hasGoodLength, LONGEST_SALT, MALFORMED, TOO_COSTLY } from './limits.js';
import { isWeakScrypt, refusalOf, scrypt } from './scrypt.js';

const NO_COUNTER = Buffer.alloc(16);

/**
 * Firebase derives a key by scrypt and stores the project's signer key, encrypted with it (AES-256-CTR). Encryption in
 * that mode is XOR with a key stream, and the stream alone verifies a password as well. So the stream is what rests here,
 * and the signer key, a secret of another system, is forgotten once the import is done.
 *
 * **Shape** `$fbscrypt-stream$n=14,r=8$SALT$STREAM`, the salt with its separator. **Source** firebase/scrypt.
 */
export function parseFirebase(stored) {
  const [, n, rounds, saltText, stream] =
    /^\$fbscrypt-stream\$n=(\d{1,3}),r=(\d{1,3})\$([^$]+)\$([^$]+)$/.exec(stored) ?? [];
  const salt = saltText && fromBase64(saltText);
  const digest = stream && fromBase64(stream);
  if (!salt || !digest || !hasGoodLength(digest)) return MALFORMED;
  const cost = { N: 2 ** Number(n), r: Number(rounds), p: 1 };
  const refusal = salt.length > LONGEST_SALT ? TOO_COSTLY : refusalOf(cost);
  if (refusal) return refusal;
  return {
    format: 'firebase scrypt',
    cost: Object.values(cost).join(),
    isWeak: isWeakScrypt(cost),
    digest,
    derive: (password) =>
      createCipheriv('aes-256-ctr', scrypt(password, salt, 32, cost), NO_COUNTER).update(
        Buffer.alloc(digest.length),
      ),
    encode: (other) => `$fbscrypt-stream$n=${n},r=${rounds}$${saltText}$${toUnpadded(other)}`,
  };
}

/**
 * What the hash of an export is here. @param hash `passwordHash` and `salt` of the user, and the parameters of the
 * project, all as Firebase shows them. @returns a stored form, or undefined.
 */
export function fromFirebase({ passwordHash, salt, signerKey, saltSeparator, rounds, memCost }) {
  const texts = [passwordHash, salt, signerKey, saltSeparator ?? ''];
  // The command line of Firebase writes the alphabet of URLs.
  const [encrypted, saltBytes, key, separator] = texts.map((text) =>
    typeof text === 'string' ? fromBase64(text.replaceAll('-', '+').replaceAll('_', '/')) : undefined,
  );
  const isWhole = encrypted && saltBytes && separator && key && key.length === encrypted.length;
  if (!isWhole || !/^\d{1,3}$/.test(String(memCost)) || !/^\d{1,3}$/.test(String(rounds))) return undefined;
  const stream = Buffer.from(encrypted.map((byte, i) => byte ^ key[i]));
  return `$fbscrypt-stream$n=${memCost},r=${rounds}$${toUnpadded(Buffer.concat([saltBytes, separator]))}$${toUnpadded(stream)}`;
}

/** Supabase's spelling of the same. **Shape** `$fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$SALT$HASH`. */
export function fromSupabaseFirebase(stored) {
  const [, n, r, ss, sk, salt, hash] =
    /^\$fbscrypt\$v=1,n=(\d{1,3}),r=(\d{1,3}),p=1(?:,ss=([\w+/=-]*))?,sk=([\w+/=-]+)\$([^$]+)\$([^$]+)$/.exec(
      stored,
    ) ?? [];
  return fromFirebase({ passwordHash: hash, salt, signerKey: sk, saltSeparator: ss, rounds: r, memCost: n });
}
