import { describe, expect, test } from '@jest/globals';
import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { parseOptions } from '../../src/config/check.js';
import { HASH_PARAMETERS, Passwords } from '../../src/crypto/password.js';
import { passwordsOf } from '../../src/crypto/password-settings.js';
import { TokenjarError } from '../../src/errors.js';
import { NO_METRICS } from '../../src/measures.js';
import { PASSWORD, startApp } from '../support/app.js';

const passwords = new Passwords();
/** So weak that thousands of checks take no time. */
const cheapHash = (password: string) => argon2.hash(password, { memoryCost: 8, timeCost: 2, parallelism: 1 });

describe('the independent implementation', () => {
  test.each([PASSWORD, 'пароль из пятнадцати букв', '😀'.repeat(15), 'x'.repeat(4096), 'a\0b', ' '])(
    'agrees on %j in both directions',
    async (password) => {
      const ours = await passwords.hash(password);
      expect(await argon2.verify(ours, password.normalize('NFKC'))).toBe(true);
      expect(await argon2.verify(ours, `${password}.`)).toBe(false);
      const theirs = await cheapHash(password.normalize('NFKC'));
      expect(await passwords.verify(password, theirs)).toBe(true);
      expect(await passwords.verify(`${password}.`, theirs)).toBe(false);
    },
  );

  test('accepts the other kinds of argon2, for imported accounts', async () => {
    for (const type of [argon2.argon2i, argon2.argon2d, argon2.argon2id] as const) {
      const hashed = await argon2.hash(PASSWORD, { type, memoryCost: 1024, timeCost: 3, parallelism: 2 });
      expect(await passwords.verify(PASSWORD, hashed)).toBe(true);
      expect(await passwords.verify('another', hashed)).toBe(false);
    }
  });
});

describe('a hash', () => {
  test('is argon2id with OWASP’s parameters and a new salt each time', async () => {
    const [one, two] = [await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(two);
  });

  test('is outdated if it has other parameters', async () => {
    expect(passwords.isOutdated(await passwords.hash(PASSWORD))).toBe(false);
    expect(passwords.isOutdated(await cheapHash(PASSWORD))).toBe(true);
    const stronger = await argon2.hash(PASSWORD, { memoryCost: 19_456, timeCost: 3, parallelism: 1 });
    expect(passwords.isOutdated(stronger)).toBe(true);
    expect(passwords.isOutdated('pbkdf2_sha256$1000000$salt$hash')).toBe(true);
  });

  test('costs less only for tests: a server in production does not start', async () => {
    const cheap = { memoryCost: 8, timeCost: 1, parallelism: 1 };
    const quick = new Passwords(1, cheap);
    const hashed = await quick.hash(PASSWORD);
    expect(hashed).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    expect([await quick.verify(PASSWORD, hashed), await quick.verify(PASSWORD, null)]).toEqual([true, false]);
    expect([quick.isOutdated(hashed), passwords.isOutdated(hashed)]).toEqual([false, true]);
    const production = { production: true, emailVerification: 'none' } as const;
    for (const less of [cheap, { ...HASH_PARAMETERS, timeCost: 1 }, { ...HASH_PARAMETERS, memoryCost: 8 }])
      await expect(startApp({ ...production, passwordHash: less })).rejects.toThrow(/^passwordHash: /);
    await (await startApp({ ...production, passwordHash: HASH_PARAMETERS })).close();
  });

  test('is replaced at a login', async () => {
    const app = await startApp({ passwordHash: HASH_PARAMETERS });
    try {
      const { email } = await app.signedUp();
      const set = async (hashed: string) =>
        app.sql('UPDATE tokenjar.users SET password_hash = $2 WHERE email = $1', [email, hashed]);
      const login = (password: string) => app.browser().post('/auth/login', { email, password });
      await set(await cheapHash('imported'));
      expect((await login('wrong')).status).toBe(401);
      expect((await login('imported')).status).toBe(200);
      const [row] = await app.sql<{ password_hash: string }>(
        'SELECT password_hash FROM tokenjar.users WHERE email = $1',
        [email],
      );
      expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect((await login('imported')).status).toBe(200);
    } finally {
      await app.close();
    }
  });
});

describe('the same password', () => {
  test.each([
    ['an email and its accent', 'caf\u00e9', 'cafe\u0301'],
    ['a ligature', 'o\ufb03ce', 'office'],
    ['full width', '\uff50\uff41\uff53\uff53', 'pass'],
    ['Ångström and Å', '\u212b', '\u00c5'],
  ])('typed on another keyboard: %s', async (_what, typed, chosen) => {
    expect(await passwords.verify(typed, await passwords.hash(chosen))).toBe(true);
    expect(await passwords.verify(chosen, await passwords.hash(typed))).toBe(true);
  });

  test.each([
    ['a blank after', 'password ', 'password'],
    ['a blank before', ' password', 'password'],
    ['a line end', 'password\n', 'password'],
    ['capitals', 'Password', 'password'],
    ['what follows a NUL', 'pass\0word', 'pass\0ward'],
    ['a NUL at the end', 'pass\0', 'pass'],
    ['the 73rd byte', `${'x'.repeat(72)}a`, `${'x'.repeat(72)}b`],
    ['the last of 4096', `${'x'.repeat(4095)}a`, `${'x'.repeat(4095)}b`],
  ])('differs in %s', async (_what, typed, chosen) => {
    expect(await passwords.verify(typed, await passwords.hash(chosen))).toBe(false);
  });
});

/** **Unit** milliseconds: the shortest of several, since what else a machine does only adds. */
async function timeOf(stored: string | undefined): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const began = performance.now();
    await passwords.verify(PASSWORD, stored);
    times.push(performance.now() - began);
  }
  return Math.min(...times);
}

describe('an unusable hash', () => {
  const SALT_AND_HASH = 'PZV8QRQb6XRWvK7vRKdDxA$X0C31eP255qlRIfzVp2Ga5hhMWnka1ZVEdHoYFXCUuo';
  const UNREADABLE = [
    ['of an unknown format', 'pbkdf2_sha256$1$s$h'],
    ['a mutilated hash', '$argon2id$v=19$m=19456,t=2'],
    ['a hash with a salt that is too short', '$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA'],
    ['more memory than is allowed', `$argon2id$v=19$m=4194304,t=2,p=1$${SALT_AND_HASH}`],
    ['more passes than are allowed', `$argon2id$v=19$m=19456,t=999,p=1$${SALT_AND_HASH}`],
    ['more lanes than are allowed', `$argon2id$v=19$m=19456,t=2,p=255$${SALT_AND_HASH}`],
  ] as const;

  test.each(UNREADABLE)('%s verifies no password', async (_what, stored) => {
    for (const typed of [PASSWORD, '', stored]) expect(await passwords.verify(typed, stored)).toBe(false);
  });

  test('takes the time of a hash, like an unknown address', async () => {
    const known = await timeOf(await passwords.hash('another password'));
    for (const stored of [undefined, ...UNREADABLE.map(([, each]) => each)]) {
      const time = await timeOf(stored);
      expect(time).toBeGreaterThan(known / 4);
      expect(time).toBeLessThan(known * 4);
    }
  });
});

describe('nobody', () => {
  test.each([undefined, null, '', 'pbkdf2_sha256$1$s$h', '!'])(
    'with the hash %j has a password',
    async (hashed) => {
      for (const typed of [PASSWORD, '', 'nobody has this password', String(hashed)])
        expect(await passwords.verify(typed, hashed)).toBe(false);
    },
  );
});

describe('a flood', () => {
  const REQUESTS = 600;
  const REFUSED_AT_ONCE = REQUESTS - 101 * availableParallelism();

  /** Counts what was refused before the first check was done, and what came of the rest. */
  async function flood(check: (i: number) => Promise<boolean>) {
    let atOnce: number | undefined;
    const refusals: TokenjarError[] = [];
    const results = await Promise.all(
      Array.from({ length: REQUESTS }, async (_, i) => {
        try {
          const fits = await check(i);
          atOnce ??= refusals.length;
          return fits;
        } catch (error) {
          refusals.push(error as TokenjarError);
          return undefined;
        }
      }),
    );
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(TokenjarError);
      expect([refusal.code, refusal.status, refusal.retryAfter]).toEqual(['server_busy', 503, 2]);
    }
    return { atOnce, results };
  }

  test('is refused beyond the queue at once, and the others get correct results', async () => {
    const hashed = await cheapHash(PASSWORD);
    const { atOnce, results } = await flood((i) => passwords.verify(i % 2 ? PASSWORD : 'wrong', hashed));
    expect(atOnce).toBe(REFUSED_AT_ONCE);
    expect(results.slice(0, REQUESTS - REFUSED_AT_ONCE)).toEqual(
      Array.from({ length: REQUESTS - REFUSED_AT_ONCE }, (_, i) => i % 2 === 1),
    );
    // And when it is over, it is over.
    expect(await passwords.verify(PASSWORD, hashed)).toBe(true);
  });

  test('of unknown addresses is the same work: as many are refused', async () => {
    await passwords.verify('a decoy to check against', undefined);
    const { atOnce, results } = await flood(() => passwords.verify(PASSWORD, undefined));
    expect(atOnce).toBe(REFUSED_AT_ONCE);
    expect(results).not.toContain(true);
    expect(results).toContain(false);
  });
});

test.each([
  ['the networks of a /48', (n: number) => `2001:db8:1:${n.toString(16)}::1`],
  ['one address', () => '203.0.113.7'],
])('a flood from %s has its turns together, so that others hardly wait', async (_, ip) => {
  const one = new Passwords(availableParallelism());
  const stored = await cheapHash(PASSWORD);
  const order: string[] = [];
  const verify = async (who: string, from: string) => {
    await one.verify(PASSWORD, stored, { ip: from, isConnected: () => true });
    order.push(who);
  };
  const flood = Array.from({ length: 60 }, (_each, n) => verify('flood', ip(n)));
  await Promise.all([...flood, verify('honest', '198.51.100.1'), verify('honest', '2001:db8:2::1')]);
  expect(order).toHaveLength(62);
  expect(order.lastIndexOf('honest')).toBeLessThan(8);
});

test('hashes on all cores, or one at a time beside the embedded database, whose memory is bounded', () => {
  const options = parseOptions({ databaseUrl: 'postgres://app@127.0.0.1/app', secretKey: 'k'.repeat(64) });
  expect(passwordsOf(options, {}, NO_METRICS).atOnce).toBe(availableParallelism());
  expect(passwordsOf(parseOptions({}), {}, NO_METRICS).atOnce).toBe(1);
});
