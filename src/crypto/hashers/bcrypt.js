import { createHash, createHmac } from 'node:crypto';
import { LEAST, MALFORMED, MOST_BCRYPT_COST, TOO_COSTLY } from './limits.js';
import { bcrypt as library } from './natives.js';

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const translate = (text, from, to) => text.replace(/./g, (each) => to[from.indexOf(each)]);

/** What bcrypt reads of a password. **Unit** bytes. */
const READ = 72;

/**
 * What each system makes of a password before bcrypt, by what its hashes begin with here.
 * **Source** `BCryptSHA256PasswordHasher` of Django; `wp_hash_password` of WordPress 6.8; `Devise::Encryptor`.
 */
const BEFORE = {
  bcrypt_sha256$: {
    format: 'django bcrypt_sha256',
    change: (password) => createHash('sha256').update(password).digest('hex'),
  },
  bcrypt$: { format: 'django bcrypt', readsAtMost: READ },
  $wp: {
    format: 'wordpress bcrypt',
    change: (password) => createHmac('sha384', 'wp-sha384').update(password).digest('base64'),
  },
  devise$: {
    format: 'devise bcrypt',
    readsAtMost: READ,
    change: (password, { pepper }) =>
      pepper === undefined ? undefined : Buffer.concat([password, Buffer.from(pepper)]),
  },
  '': { format: 'bcrypt', readsAtMost: READ },
};

/** **Shape** `$2b$12$` with 22 characters of salt and 31 of digest, after what says how the password was changed. */
export function parseBcrypt(stored) {
  const [, prefix, version, cost, salt, digest] =
    /^(bcrypt_sha256\$|bcrypt\$|\$wp|devise\$|)\$2([abxy])\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/.exec(
      stored,
    ) ?? [];
  if (!salt || Number(cost) < 4) return MALFORMED;
  if (Number(cost) > MOST_BCRYPT_COST) return TOO_COSTLY;
  const { format, readsAtMost, change = (password) => password } = BEFORE[prefix];
  const settings = { cost: Number(cost), salt: fromBcrypt64(salt) };
  return {
    format,
    readsAtMost,
    cost,
    isWeak: Number(cost) < LEAST.bcryptCost,
    digest: fromBcrypt64(digest),
    derive(password, secrets) {
      const changed = change(password, secrets);
      if (changed === undefined) return undefined;
      const key = Buffer.from(changed);
      // A NUL ends the password in the implementations of other languages, and its key repeats: `a\0a` would be `a`.
      if (key.includes(0)) return undefined;
      return bcrypt(version === 'x' ? keyOf2x(key) : key, settings);
    },
    encode: (other) => `${prefix}$2${version}$${cost}$${salt}${toBcrypt64(other)}`,
  };
}

/** The 23 bytes that are stored. */
const bcrypt = (key, { cost, salt }) => fromBcrypt64(library().hashSync(key, cost, salt).slice(-31));

/**
 * The key that implementations marked `2x` made of a password, because they took its bytes as signed: one above 127
 * overwrites the three before it in its word. As 18 words they are a key that needs no end, so a correct bcrypt reads
 * exactly them.
 *
 * **Source** crypt_blowfish 1.1, `BF_set_key`; CVE-2011-2483.
 */
function keyOf2x(key) {
  const bytes = Buffer.concat([key, Buffer.alloc(1)]);
  const words = Buffer.alloc(READ);
  let at = 0;
  for (let word = 0; word < READ / 4; word++) {
    let value = 0;
    for (let i = 0; i < 4; i++) value = (value << 8) | ((bytes[at++ % bytes.length] << 24) >> 24);
    words.writeInt32BE(value, word * 4);
  }
  return words;
}

function fromBcrypt64(text) {
  return Buffer.from(translate(text, ALPHABET, STANDARD), 'base64');
}

function toBcrypt64(bytes) {
  return translate(bytes.toString('base64').replace(/=+$/, ''), STANDARD, ALPHABET);
}
