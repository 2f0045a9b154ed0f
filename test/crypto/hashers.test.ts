import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from '../../src/crypto/hashers/hashers.js';
import {
  acceptHash,
  describeHash,
  type ForeignHash,
  type HashOrigin,
} from '../../src/crypto/imported-hash.js';
import { Passwords } from '../../src/crypto/password.js';

interface Vector {
  format: string;
  password: string;
  hash: ForeignHash;
  origin?: HashOrigin;
  source: string;
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../vectors/passwords.json', import.meta.url), 'utf8'),
) as Vector[];

const md5 = (password: string) => createHash('md5').update(password).digest('hex');
const CHEAP = { memoryCost: 8, timeCost: 1, parallelism: 1 };
const passwords = new Passwords(1, CHEAP, { pepper: 'the pepper' });

const accepted = async ({ hash, origin }: Vector) => {
  const taken = await acceptHash(hash, origin ?? {}, passwords);
  if (!('passwordHash' in taken) || taken.passwordHash === null) throw new Error(JSON.stringify(taken));
  return taken.passwordHash;
};

/** The hash as the text it came as. */
const textOf = (hash: ForeignHash) => (typeof hash === 'string' ? hash : JSON.stringify(hash));
const nameOf = ({ format, hash, source }: Vector) => [format, textOf(hash).slice(0, 40), source] as const;
const TABLE = VECTORS.map((each) => [...nameOf(each), each] as const);

describe('a password of another system', () => {
  test.each(TABLE)('%s: %s (%s)', async (format, _hash, _source, vector) => {
    const described = describeHash(vector.hash, vector.origin);
    expect(described).toMatchObject({ kind: 'usable', format });
    const stored = await accepted(vector);
    expect(await passwords.match(vector.password, stored)).toBeDefined();
    expect(await passwords.verify('another', stored)).toBe(false);
    // It is hashed anew at the login.
    expect(passwords.isOutdated(stored)).toBe(true);
  });

  test.each(TABLE)('rests in no form that is easy to guess: %s, %s (%s)', async (_f, _h, _s, vector) => {
    const stored = await accepted(vector);
    const { digest, isWeak, isNeverBare } = read(describedStored(vector));
    const texts = ['hex', 'base64', 'base64url'].map((encoding) => digest.toString(encoding as 'hex'));
    const isThere = texts.some((text) => stored.includes(text));
    if (isWeak) {
      expect(stored).toMatch(/^\$wrapped\$argon2id\$v=19\$m=8,t=1,p=1\$/);
      expect(isThere).toBe(false);
      // Who has read the old digest elsewhere knows nothing with which to sign in.
      for (const text of [...texts, textOf(vector.hash)])
        expect(await passwords.verify(text, stored)).toBe(false);
    }
    // Whoever writes one into the table by hand has to wrap it.
    if (isNeverBare) expect(await passwords.verify(vector.password, describedStored(vector))).toBe(false);
  });

  test('is tried as it was typed, then in normal form, then without blanks, and what matched is known', async () => {
    const stored = async (password: string) => accepted({ hash: md5(password) } as Vector);
    const both = '\u0061\u030a\ufb01';
    for (const [chosen, typed] of [
      [both, both],
      [both.normalize('NFKC'), both],
      [both, ` ${both}\n`],
      [both.normalize('NFKC'), ` ${both} `],
      [' blanks ', ' blanks '],
      ['blanks', ' blanks '],
    ] as const)
      expect(await passwords.match(typed, await stored(chosen))).toBe(chosen);
    for (const [chosen, typed] of [
      [both, both.normalize('NFKC')],
      [' blanks ', 'blanks'],
      ['', ' '],
    ] as const)
      expect(await passwords.match(typed, await stored(chosen))).toBeUndefined();
  });

  test('covers every format', () => {
    expect(new Set(VECTORS.map(({ format }) => format)).size).toBeGreaterThanOrEqual(30);
  });
});

function describedStored({ hash, origin }: Vector): string {
  const described = describeHash(hash, origin);
  if (described.kind !== 'usable') throw new Error(JSON.stringify(described));
  return described.stored;
}

function read(stored: string) {
  const recipe = parse(stored);
  if (recipe.refused !== undefined) throw new Error(recipe.refused);
  return recipe;
}

describe('bcrypt', () => {
  /** **Source** crypt_blowfish 1.3, wrapper.c: bytes that are no text. */
  const BYTES = [
    ['$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e', 'a3'],
    ['$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e', 'ffffa3'],
    ['$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e', 'ffffa3'],
    ['$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e', 'ffffa3'],
    ['$2x$05$6bNw2HLQYeqHYyBfLMsv/O9LIGgn8OMzuDoHfof8AQimSGfcSWxnS', 'd0c1d2cfccd8'],
    ['$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6', 'aa'.repeat(72) + '6368617273'],
    ['$2a$05$/OK.fbVrR/bpIqNJ5ianF.R9xrDjiycxMbQE2bp.vgqlYpW5wx2yy', 'aa55'.repeat(36)],
    ['$2a$05$/OK.fbVrR/bpIqNJ5ianF.9tQZzcJfm3uj2NvJ/n5xkhpqLrMpWCe', '55aaff'.repeat(24)],
  ] as const;

  test.each(BYTES)('%s', (stored, password) => {
    const recipe = read(stored);
    expect(recipe.derive(Buffer.from(password, 'hex'), {})).toEqual(recipe.digest);
  });

  test('reads 72 bytes, and says so', () => {
    const stored = '$2b$04$abcdefghijklmnopqrstuu1DWuXaH8EEuEkhUDlFuNnGLNT..95pK';
    expect(describeHash(stored)).toMatchObject({ kind: 'usable', readsAtMost: 72 });
    const recipe = read(stored);
    const of = (password: string) => recipe.derive(Buffer.from(password), {});
    expect(of(`${'x'.repeat(72)}a`)).toEqual(of(`${'x'.repeat(72)}b`));
    expect(of(`${'x'.repeat(71)}a`)).not.toEqual(of(`${'x'.repeat(71)}b`));
  });

  test('takes no password with a NUL: it would be the one that ends there, or repeats', () => {
    const recipe = read('$2b$04$abcdefghijklmnopqrstuu1DWuXaH8EEuEkhUDlFuNnGLNT..95pK');
    for (const password of ['abc\0abc', 'abc\0', '\0', 'abc\0def'])
      expect(recipe.derive(Buffer.from(password), {})).toBeUndefined();
  });

  test('with a pepper verifies nothing without it', async () => {
    const vector = VECTORS.find(({ format }) => format === 'devise bcrypt') as Vector;
    const stored = await accepted(vector);
    for (const pepper of [undefined, '', 'another'])
      expect(await new Passwords(1, CHEAP, { pepper }).verify(vector.password, stored)).toBe(false);
  });
});

const SALT22 = 'abcdefghijklmnopqrstuu';
const B64 = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');
const HEX = (bytes: number) => '07'.repeat(bytes);
const PHC = (bytes: number) => B64(bytes).replace(/=+$/, '');
const firebase = { signerKey: B64(64), saltSeparator: 'Bw==', rounds: 8, memCost: 14 };
const keycloak = (data: object, value = B64(32), salt = B64(16)) => ({
  secretData: { value, salt },
  credentialData: data,
});

describe('what asks for too much', () => {
  const COSTLY: [ForeignHash, HashOrigin?][] = [
    [`pbkdf2_sha256$1000000000$salt$${B64(32)}`],
    [`pbkdf2_sha256$99999999999999999999$salt$${B64(32)}`],
    [`pbkdf2_sha1$2000001$salt$${B64(20)}`],
    [`pbkdf2_sha256$1000$${'s'.repeat(1000)}$${B64(32)}`],
    [`pbkdf2_wrapped_sha1$1000000000$salt$${B64(32)}`],
    [`pbkdf2:sha512:1000000000$salt$${HEX(64)}`],
    [`$pbkdf2-sha256$i=1000000,l=128$${PHC(16)}$${PHC(128)}`],
    [`$pbkdf2-sha512$1000000000$${PHC(16)}$${PHC(64)}`],
    [`scrypt$1073741824$salt$8$1$${B64(64)}`],
    [`scrypt$16384$salt$1000000$1$${B64(64)}`],
    [`scrypt$16384$salt$8$1000000$${B64(64)}`],
    [`scrypt$2$salt$1$1048576$${B64(64)}`],
    [`scrypt:1073741824:8:1$salt$${HEX(64)}`],
    [`$2b$31$${SALT22}${'a'.repeat(31)}`],
    [`bcrypt$$2b$15$${SALT22}${'a'.repeat(31)}`],
    [`bcrypt_sha256$$2b$31$${SALT22}${'a'.repeat(31)}`],
    [`$wp$2y$31$${SALT22}${'a'.repeat(31)}`],
    [`$2y$31$${SALT22}${'a'.repeat(31)}`, { system: 'devise' }],
    [`argon2$argon2id$v=19$m=4194304,t=2,p=1$${PHC(16)}$${PHC(32)}`],
    [`$argon2id$v=19$m=4294967295,t=4294967295,p=255$${PHC(16)}$${PHC(32)}`],
    [`$argon2id$v=19$m=1024,t=1000,p=1$${PHC(16)}$${PHC(32)}`],
    [`$argon2id$v=19$m=1024,t=1,p=100$${PHC(16)}$${PHC(32)}`],
    [`$argon2id$v=19$m=262144,t=16,p=1$${PHC(16)}$${PHC(32)}`.replace('t=16', 't=17')],
    [`$argon2id$v=19$m=1024,t=1,p=1$${PHC(300)}$${PHC(32)}`],
    ['$P$TIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
    ['$P$SIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
    [{ passwordHash: B64(64), salt: 'AAAA' }, { firebase: { ...firebase, memCost: 30 } }],
    [{ passwordHash: B64(64), salt: 'AAAA' }, { firebase: { ...firebase, rounds: 999 } }],
    [keycloak({ hashIterations: 1_000_000_000, algorithm: 'pbkdf2-sha512' })],
    [
      keycloak({
        hashIterations: 5,
        algorithm: 'argon2',
        additionalParameters: { memory: ['9999999'], parallelism: ['1'], type: ['id'], version: ['1.3'] },
      }),
    ],
    [`md5$${'s'.repeat(3000)}$${HEX(16)}`],
    [`sha1$${'s'.repeat(300)}$${HEX(20)}`],
    ['x'.repeat(100_000)],
  ];

  test.each(COSTLY)('%j is refused, and is no work', async (hash, origin = {}) => {
    const began = performance.now();
    expect(describeHash(hash, origin)).toEqual({ kind: 'refused', reason: 'too_costly' });
    expect(await acceptHash(hash, origin, passwords)).toEqual({ refused: 'too_costly' });
    if (typeof hash === 'string') expect(await passwords.verify('password', hash)).toBe(false);
    // Any of them would take minutes, or gigabytes.
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

test.each<[ForeignHash, HashOrigin?]>([
  ['md5$salt'],
  [`md5$salt$${HEX(15)}`],
  [`md5$salt$${HEX(15)}0g`],
  [`sha1$salt$${HEX(16)}`],
  [`pbkdf2_sha256$1000$salt$`],
  [`pbkdf2_sha256$1000$salt$${B64(31)}`],
  [`pbkdf2_sha256$1000$salt$${B64(32)}$more`],
  [`pbkdf2_sha256$0$salt$${B64(32)}`],
  [`pbkdf2_sha256$-1$salt$${B64(32)}`],
  [`pbkdf2_sha256$1e3$salt$${B64(32)}`],
  [`pbkdf2_sha256$$salt$${B64(32)}`],
  [`pbkdf2_sha256$1000$salt$${B64(32).slice(0, -3)}`],
  [`pbkdf2_sha256$1000$sa\0lt$${B64(32)}`],
  [`$pbkdf2-sha512$i=1000,l=64$${PHC(16)}$`],
  [`$pbkdf2-sha512$i=1000,l=0$${PHC(16)}$`],
  [`$pbkdf2-sha512$i=1000,l=32$${PHC(16)}$${PHC(64)}`],
  [`scrypt$16383$salt$8$1$${B64(64)}`],
  [`scrypt$16384$salt$8$1$${B64(32)}`],
  [`scrypt$0$salt$8$1$${B64(64)}`],
  ['scrypt$16384$salt$8$1$'],
  [`$2b$03$${SALT22}${'a'.repeat(31)}`],
  [`$2b$10$${SALT22}${'a'.repeat(30)}`],
  [`$2b$10$${SALT22}${'a'.repeat(32)}`],
  [`$2b$10$${SALT22}${'a'.repeat(30)}\0`],
  [`bcrypt$$2c$10$${SALT22}${'a'.repeat(31)}`.replace('$2c', '$2b$')],
  ['$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$'],
  [`$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$${PHC(32)}`],
  [`$argon2id$v=19$m=1024,t=0,p=1$${PHC(16)}$${PHC(32)}`],
  [`$argon2id$v=19$m=8,t=1,p=2$${PHC(16)}$${PHC(32)}`],
  [`$argon2id$v=18$m=1024,t=1,p=1$${PHC(16)}$${PHC(32)}`],
  [`$argon2id$v=19$m=1024,t=1,p=1$${PHC(16)}$${PHC(4)}`],
  ['$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L'],
  ['$P$/IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  ['{SSHA}', {}],
  [`{SSHA}${B64(20)}`],
  [`{SHA}${B64(24)}`],
  [`{SSHA512}${B64(20)}`],
  [`${HEX(16)}:${HEX(32)}`],
])('%j is refused as malformed', async (hash, origin = {}) => {
  expect(describeHash(hash, origin)).toEqual({
    kind: 'refused',
    reason: 'malformed',
  });
  expect(await acceptHash(hash, origin, passwords)).toEqual({ refused: 'malformed' });
});

test.each<[ForeignHash, HashOrigin?]>([
  ['changeme'],
  ['plain$$changeme'],
  ['$1$salt$WvKC4Q1QNzjTvCrQfrVYU0'],
  ['$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.'],
  ['$wrapped$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA$md5$$00000000000000000000000000000000'],
  [{ passwordHash: B64(64), salt: 'AAAA' }],
  [{ passwordHash: B64(64), salt: 'AAAA' }, { firebase: { ...firebase, signerKey: B64(32) } }],
  [{ passwordHash: '', salt: '' }, { firebase: { ...firebase, signerKey: '' } }],
  [keycloak({ hashIterations: 1000, algorithm: 'constructor' })],
  [keycloak({ hashIterations: '1000', algorithm: 'pbkdf2' })],
  [keycloak({ hashIterations: 1000, algorithm: 'pbkdf2' }, 'no base64')],
  [{}],
  ['{"secretData":'],
])('%j is of no known format', (hash, origin = {}) => {
  const described = describeHash(hash, origin);
  expect(described.kind).toBe('refused');
});

test.each(['', '!', '!QKAkYzRZqtGzCkVxAxDZmVBDPiM0MHFhsB3yt7CA'])(
  '%j is no password, and none works',
  async (hash) => {
    expect(describeHash(hash)).toEqual({ kind: 'none' });
    expect(await acceptHash(hash, {}, passwords)).toEqual({ passwordHash: null });
  },
);

describe('of arbitrary texts', () => {
  const fields = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '0', '1', '8', 'salt', HEX(16), B64(32)),
  );
  const likeOne = fc
    .tuple(
      fc.constantFrom(
        ...VECTORS.map(({ hash }) => textOf(hash).slice(0, 12)),
        '$wrapped',
        'devise$',
        'werkzeug$',
      ),
      fc.array(fields, { maxLength: 8 }),
      fc.constantFrom('$', ':', ',', ''),
    )
    .map(([begin, parts, separator]) => [begin, ...parts].join(separator));
  const altered = fc
    .tuple(fc.constantFrom(...VECTORS), fc.nat(200), fc.nat(3), fc.string({ maxLength: 3 }))
    .map(([{ hash }, at, most, other]) => {
      const text = textOf(hash);
      const place = at % text.length;
      return text.slice(0, place) + other + text.slice(place + most);
    });

  test('none throws, and none has a password', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), likeOne), async (text) => {
        const described = describeHash(text);
        if (described.kind !== 'usable') expect(await passwords.verify('password', text)).toBe(false);
        else expect(parse(described.stored).refused).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('none that was altered becomes expensive, or empty', () => {
    fc.assert(
      fc.property(altered, (text) => {
        const described = describeHash(text);
        if (described.kind !== 'usable') return;
        const { digest } = read(described.stored);
        expect(digest.length).toBeGreaterThanOrEqual(11);
      }),
      { numRuns: 2000 },
    );
  });
});
