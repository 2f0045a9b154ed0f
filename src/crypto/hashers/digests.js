// Digests that a graphics card computes by the thousand million in a second. They are only read to be wrapped: see
// `wrapped.js`.
import { createHash, createHmac } from 'node:crypto';
import { fromBase64, fromHex, toBase64 } from './encoding.js';
import { LONGEST_SALT, MALFORMED, TOO_COSTLY } from './limits.js';

const LENGTH = { md5: 16, sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 };

export const hexOf = (hash, bytes) => createHash(hash).update(bytes).digest('hex');

/**
 * **Shape** Django: `md5$SALT$HEX`, `sha1$SALT$HEX`, the salt before the password, and possibly empty; 32 hexadecimal
 * digits alone are MD5 without a salt.
 */
export function parseDjangoDigest(stored) {
  const bare = /^[0-9a-f]{32}$/i.test(stored);
  const [, hash, salt, digest] =
    /^(md5|sha1)\$([^$]*)\$([^$]*)$/.exec(bare ? `md5$$${stored}` : stored) ?? [];
  const bytes = hash && fromHex(digest);
  if (!bytes || bytes.length !== LENGTH[hash]) return MALFORMED;
  return recipe(
    salt ? `django ${hash}` : `django unsalted ${hash}`,
    { digest: bytes, salt: Buffer.from(salt) },
    (password, saltBytes) => createHash(hash).update(saltBytes).update(password).digest(),
    (other) => `${hash}$${salt}$${other.toString('hex')}`,
  );
}

/** **Shape** `werkzeug$SHA$SALT$HEX`: what Werkzeug before 2.3 wrote without the first word, an HMAC with the salt. */
export function parseWerkzeugDigest(stored) {
  const [, hash, salt, digest] =
    /^werkzeug\$(md5|sha1|sha224|sha256|sha384|sha512)\$([^$]+)\$([^$]*)$/.exec(stored) ?? [];
  const bytes = hash && fromHex(digest);
  if (!bytes || bytes.length !== LENGTH[hash]) return MALFORMED;
  return recipe(
    `werkzeug ${hash}`,
    { digest: bytes, salt: Buffer.from(salt) },
    (password, saltBytes) => createHmac(hash, saltBytes).update(password).digest(),
    (other) => `werkzeug$${hash}$${salt}$${other.toString('hex')}`,
  );
}

const LDAP = { MD5: 'md5', SMD5: 'md5', SHA: 'sha1', SSHA: 'sha1' };

/**
 * **Shape** `{SSHA}` and base64 of digest and salt; `{SMD5}`, `{SSHA256}`, `{SSHA384}`, `{SSHA512}`, and without a salt
 * `{MD5}`, `{SHA}`, `{SHA256}`, `{SHA384}`, `{SHA512}`. **Source** RFC 2307; OpenLDAP.
 */
export function parseLdap(stored) {
  const [, name, text] = /^\{(S?MD5|S?SHA(?:256|384|512)?)\}(.+)$/i.exec(stored) ?? [];
  const scheme = name?.toUpperCase();
  const all = scheme && fromBase64(text);
  if (!all) return MALFORMED;
  const hash = LDAP[scheme] ?? `sha${/\d+$/.exec(scheme)[0]}`;
  const [digest, salt] = [all.subarray(0, LENGTH[hash]), all.subarray(LENGTH[hash])];
  const isSalted = /^S(?:MD5|SHA)/.test(scheme);
  if (digest.length !== LENGTH[hash] || salt.length > 0 !== isSalted) return MALFORMED;
  return recipe(
    `ldap ${scheme.toLowerCase()}`,
    { digest, salt },
    (password, saltBytes) => createHash(hash).update(password).update(saltBytes).digest(),
    (other) => `{${scheme}}${toBase64(Buffer.concat([other, salt]))}`,
  );
}

function recipe(format, { digest, salt }, compute, encode) {
  if (salt.length > LONGEST_SALT) return TOO_COSTLY;
  return {
    format,
    isWeak: true,
    isNeverBare: true,
    digest,
    derive: (password) => compute(password, salt),
    encode,
  };
}
