import { pbkdf2Sync } from 'node:crypto';
import { fromBase64, fromHex, toBase64, toUnpadded } from './encoding.js';
import { hasGoodLength, LEAST, LONGEST_SALT, MALFORMED, MOST_ITERATIONS, TOO_COSTLY } from './limits.js';

const BLOCK = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 };
const ROUNDS = /^[1-9]\d*$/;

/**
 * **Shape** Django: `pbkdf2_sha256$ROUNDS$SALT$BASE64`, the salt as text.
 * Werkzeug: `pbkdf2:sha256:ROUNDS$SALT$HEX`. PHC, also Keycloak's: `$pbkdf2-sha512$i=ROUNDS,l=64$BASE64$BASE64`.
 * passlib: `$pbkdf2-sha256$ROUNDS$SALT$HASH`, base64 with `.` for `+`.
 */
export function parsePbkdf2(stored) {
  const django = /^pbkdf2_(sha256|sha1)\$([^$]*)\$([^$]*)\$([^$]*)$/.exec(stored);
  if (django) return ofDjango(django);
  const werkzeug = /^pbkdf2:(sha1|sha224|sha256|sha384|sha512):([^$]*)\$([^$]*)\$([^$]*)$/.exec(stored);
  if (werkzeug) return ofWerkzeug(werkzeug);
  const phc = /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d+)(?:,l=(\d+))?\$([^$]*)\$([^$]*)$/.exec(
    stored,
  );
  return phc ? ofPhc(phc, stored) : MALFORMED;
}

function ofDjango([, hash, rounds, salt, digest]) {
  const bytes = fromBase64(digest);
  if (bytes?.length !== BLOCK[hash]) return MALFORMED;
  return recipe(`django pbkdf2_${hash}`, { hash, rounds, salt: Buffer.from(salt), digest: bytes }, (other) =>
    ['pbkdf2_' + hash, rounds, salt, toBase64(other)].join('$'),
  );
}

function ofWerkzeug([, hash, rounds, salt, digest]) {
  const bytes = fromHex(digest);
  if (bytes?.length !== BLOCK[hash]) return MALFORMED;
  return recipe('werkzeug pbkdf2', { hash, rounds, salt: Buffer.from(salt), digest: bytes }, (other) =>
    [`pbkdf2:${hash}:${rounds}`, salt, other.toString('hex')].join('$'),
  );
}

function ofPhc([, hash = 'sha1', rounds, length, salt, digest], stored) {
  const saltBytes = fromBase64(salt.replaceAll('.', '+'));
  const bytes = fromBase64(digest.replaceAll('.', '+'));
  if (!saltBytes || !bytes || (length !== undefined && Number(length) !== bytes.length)) return MALFORMED;
  const before = stored.slice(0, stored.lastIndexOf('$') + 1);
  return recipe(
    `pbkdf2-${hash}`,
    { hash, rounds, salt: saltBytes, digest: bytes },
    (other) => before + toUnpadded(other),
  );
}

/** Of what Keycloak exports. */
export const pbkdf2Text = ({ hash, rounds, salt, digest }) =>
  `$pbkdf2-${hash}$i=${rounds},l=${digest.length}$${toUnpadded(salt)}$${toUnpadded(digest)}`;

function recipe(format, { hash, rounds, salt, digest }, encode) {
  if (!ROUNDS.test(rounds) || salt.length === 0 || !hasGoodLength(digest)) return MALFORMED;
  // Each further block of output is as much work again.
  const blocks = Math.ceil(digest.length / BLOCK[hash]);
  if (Number(rounds) * blocks > MOST_ITERATIONS || salt.length > LONGEST_SALT) return TOO_COSTLY;
  return {
    format,
    cost: `${hash} ${rounds} ${digest.length}`,
    isWeak: Number(rounds) < LEAST.iterations,
    digest,
    derive: (password) => pbkdf2Sync(password, salt, Number(rounds), digest.length, hash),
    encode,
  };
}

/**
 * PBKDF2 over the hexadecimal digest of md5 or sha1, with the same salt twice: the hasher that Django's documentation
 * proposes for weak hashes. **Shape** `pbkdf2_wrapped_sha1$ROUNDS$SALT$BASE64`.
 */
export function parseDjangoWrapped(stored, hex) {
  const [, inner, rest] = /^pbkdf2_wrapped_(md5|sha1)(\$.*)$/.exec(stored) ?? [];
  const outer = inner ? parsePbkdf2(`pbkdf2_sha256${rest}`) : MALFORMED;
  if (outer.refused) return outer;
  const salt = rest.split('$')[2];
  return {
    ...outer,
    format: `django pbkdf2_wrapped_${inner}`,
    derive: (password) => outer.derive(Buffer.from(hex(inner, Buffer.concat([Buffer.from(salt), password])))),
    encode: (other) => outer.encode(other).replace('pbkdf2_sha256', `pbkdf2_wrapped_${inner}`),
  };
}
