import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/database/database.js';
import { TokenjarError } from '../../src/errors.js';
import { Limits, type Attempt } from '../../src/limits/limits.js';
import type { LimitedAction } from '../../src/limits/limit-policies.js';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';

let app: TestApp;
let limits: Limits;
beforeAll(async () => {
  app = await startApp({
    rateLimit: true,
    limitLoginNetwork: '5/50s',
    limitLoginAccount: '3/1d',
    limitLoginFailures: 'off',
    limitRegistrationNetwork: '4/1h',
    limitRegistrationAll: '6/1h',
    limitResetNetwork: '4/1h',
    limitResetAll: 'off',
  });
  limits = app.app.get(Limits, { strict: false });
});
afterAll(() => app.close());

let addresses = 0;
/** Each in a /24 of its own. */
const address = () => `10.${++addresses & 255}.${addresses >> 8}.1`;
const from = (ip: string): Attempt['caller'] => ({ ip });

/** Whether an attempt passed, or for how many seconds it has to wait, and because of which limit. */
async function outcome(
  action: LimitedAction,
  attempt: Attempt,
): Promise<'passed' | [string | undefined, number | undefined]> {
  try {
    await (await limits.consume(action, attempt)).settle('failure');
    return 'passed';
  } catch (error) {
    if (!(error instanceof TokenjarError)) throw error;
    expect([error.code, error.status]).toEqual(['rate_limited', 429]);
    return [error.limit?.name, error.retryAfter];
  }
}
async function outcomes(count: number, action: LimitedAction, attempt: () => Attempt) {
  const all = [];
  for (let i = 0; i < count; i++) all.push(await outcome(action, attempt()));
  return all;
}
const passed = (count: number) => Array<'passed'>(count).fill('passed');

describe('a leaky counter', () => {
  test('allows its quota, then one attempt per fraction of the window', async () => {
    const attempt = () => ({ caller: from('203.0.113.1'), account: uniqueEmail() });
    expect(await outcomes(6, 'login', attempt)).toEqual([...passed(5), ['login-network', 10]]);
    app.clock.advance(9);
    expect(await outcome('login', attempt())).toEqual(['login-network', 1]);
    app.clock.advance(1);
    expect(await outcomes(2, 'login', attempt)).toEqual([...passed(1), ['login-network', 10]]);
    app.clock.advance(100);
    expect(await outcomes(6, 'login', attempt)).toEqual([...passed(5), ['login-network', 10]]);
  });

  test('is shared by the IPv6 addresses of a /64, but not by IPv4 addresses', async () => {
    let host = 0;
    const attempt = () => ({
      caller: from(`2001:db8:7:8::${(++host).toString(16)}`),
      account: uniqueEmail(),
    });
    expect((await outcomes(6, 'login', attempt)).at(-1)).toEqual(['login-network', 10]);
    expect(await outcome('login', { caller: from('2001:db8:7:9::1'), account: uniqueEmail() })).toBe(
      'passed',
    );
    const others = await outcomes(12, 'login', () => ({ caller: from(address()), account: uniqueEmail() }));
    expect(others).toEqual(passed(12));
  });
});

describe('a locking counter', () => {
  test('doubles the wait with each further attempt, up to the maximum, for everybody', async () => {
    for (const account of [uniqueEmail(), (await app.signedUp()).email]) {
      const attempt = () => ({ caller: from(address()), account });
      expect(await outcomes(4, 'login', attempt)).toEqual([...passed(3), ['login-account', 60]]);
      for (const wait of [60, 120, 240, 480, 960, 1920, 3600, 3600]) {
        expect(await outcome('login', attempt())).toEqual(['login-account', wait]);
        app.clock.advance(wait - 1);
        expect(await outcome('login', attempt())).toEqual(['login-account', 1]);
        app.clock.advance(1);
        expect(await outcome('login', attempt())).toBe('passed');
      }
    }
  });

  test('is separate for each known device, which strangers in its network do not affect', async () => {
    const account = uniqueEmail();
    const caller = from('203.0.113.9');
    await outcomes(3, 'login', () => ({ caller: from(address()), account }));
    await outcomes(6, 'login', () => ({ caller, account: uniqueEmail() }));
    expect(await outcome('login', { caller, account })).toEqual(['login-network', 10]);
    const own = () => ({ caller, account, device: 'a' });
    expect(await outcomes(4, 'login', own)).toEqual([...passed(3), ['login-account', 60]]);
    expect(await outcome('login', { caller, account, device: 'b' })).toBe('passed');
  });

  test('can be reset', async () => {
    const account = uniqueEmail();
    const attempt = () => ({ caller: from(address()), account });
    await outcomes(3, 'login', attempt);
    expect(await outcome('login', attempt())).toEqual(['login-account', 60]);
    await limits.forget('login', account, app.app.get(Database));
    expect(await outcome('login', attempt())).toBe('passed');
  });
});

describe('an attempt', () => {
  test('that was not a guess is refunded', async () => {
    const account = uniqueEmail();
    for (let i = 0; i < 10; i++) {
      const consumed = await limits.consume('login', { caller: from('203.0.113.20'), account });
      expect(consumed.isLast).toBe(false);
      await consumed.settle('success');
    }
    const [, , third] = [
      await limits.consume('login', { caller: from(address()), account }),
      await limits.consume('login', { caller: from(address()), account }),
      await limits.consume('login', { caller: from(address()), account }),
    ];
    expect(third.isLast).toBe(true);
    // Five seconds for an attempt that has no outcome yet.
    expect(await outcome('login', { caller: from(address()), account })).toEqual(['login-account', 5]);
    await third.settle('void');
    expect(await outcome('login', { caller: from(address()), account })).toBe('passed');
  });

  test('refunds exactly what it consumed', async () => {
    const account = uniqueEmail();
    const attempt = () => ({ caller: from(address()), account });
    await outcomes(2, 'login', attempt);
    for (const back of ['void', 'refused', 'success'] as const)
      await (await limits.consume('login', attempt())).settle(back);
    expect(await outcomes(2, 'login', attempt)).toEqual([...passed(1), ['login-account', 60]]);
  });

  test('refused by one limit is not counted by the next', async () => {
    const caller = from('203.0.113.30');
    const account = uniqueEmail();
    await outcomes(5, 'login', () => ({ caller, account: uniqueEmail() }));
    // Beyond what an instance remembers, so that the database is asked each time.
    for (let i = 0; i < 5; i++) {
      expect(await outcome('login', { caller, account })).toEqual(['login-network', expect.any(Number)]);
      app.clock.advance(1.5);
    }
    expect(await outcomes(3, 'login', () => ({ caller: from(address()), account }))).toEqual(passed(3));
  });

  test('does not pass more often when it is concurrent', async () => {
    const account = uniqueEmail();
    const attempts = Array.from({ length: 40 }, () => outcome('login', { caller: from(address()), account }));
    const all = await Promise.all(attempts);
    expect(all.filter((each) => each === 'passed')).toHaveLength(3);
  });

  test('also counts globally: then each network has a strict quota, and nobody is locked out', async () => {
    const attempt = () => ({ caller: from(address()), account: uniqueEmail() });
    expect(await outcomes(6, 'registration', attempt)).toEqual(passed(6));
    for (let i = 0; i < 8; i++) {
      const caller = from(address());
      expect(await outcomes(2, 'registration', () => ({ caller, account: uniqueEmail() }))).toEqual([
        ...passed(1),
        ['registration-network', 3600],
      ]);
    }
    app.clock.advance(7200);
    const caller = from(address());
    expect(await outcomes(4, 'registration', () => ({ caller, account: uniqueEmail() }))).toEqual(passed(4));
  });
});

describe('a wide network', () => {
  /** Attempts from as many /64s as there are, until one is refused. */
  async function flood(ip: (n: number) => string, action: LimitedAction, most: number): Promise<number> {
    for (let n = 0; n < most; n++)
      if ((await outcome(action, { caller: from(ip(n)), account: uniqueEmail() })) !== 'passed') return n;
    return most;
  }
  const hex = (n: number) => n.toString(16);

  test('has a multiple of the quota of a narrow one, not one quota per network', async () => {
    app.clock.advance(7200);
    // Four a narrow one.
    expect(await flood((n) => `2001:db8:100:${hex(0x4200 + n)}::1`, 'reset', 60)).toBe(8);
    expect(await flood((n) => `2001:db8:200:${hex(n << 8)}::1`, 'reset', 60)).toBe(16);
    expect(await flood((n) => `192.0.2.${n}`, 'reset', 60)).toBe(32);
    app.clock.advance(7200);
    expect(await flood((n) => `2001:db8:${hex(n)}::1`, 'login', 400)).toBe(5 * 64);
    expect(await outcome('login', { caller: from('2001:db9::1'), account: uniqueEmail() })).toBe('passed');
  });

  test('gains nothing by aborting or by refused attempts: exactly what was consumed is refunded', async () => {
    app.clock.advance(7200);
    const caller = from('2001:db8:300::1');
    await app.sql('DELETE FROM tokenjar.limits');
    for (const back of ['void', 'refused'] as const)
      for (let i = 0; i < 20; i++)
        await (await limits.consume('registration', { caller, account: uniqueEmail() })).settle(back);
    // What was refused counts against itself.
    expect(await app.sql('SELECT count, blocked_until FROM tokenjar.limits WHERE count > 0')).toEqual([
      { count: 20, blocked_until: null },
    ]);
    expect(await outcomes(5, 'registration', () => ({ caller, account: uniqueEmail() }))).toEqual([
      ...passed(4),
      ['registration-network', 900],
    ]);
  });
});

describe('a block', () => {
  test('is removed with the refunded attempt that caused it', async () => {
    const account = uniqueEmail();
    const attempt = () => ({ caller: from(address()), account });
    await outcomes(3, 'login', attempt);
    app.clock.advance(60);
    // A fourth, which was right.
    await (await limits.consume('login', attempt())).settle('success');
    expect(await outcome('login', attempt())).toBe('passed');
    expect(await outcome('login', attempt())).toEqual(['login-account', 120]);
  });
});

describe('known devices', () => {
  test('share a maximum, however many there are', async () => {
    const account = uniqueEmail();
    let n = 0;
    const attempt = () => ({ caller: from(address()), account, device: `device-${n++ % 20}` });
    const all = await outcomes(60, 'login', attempt);
    expect(all.filter((each) => each === 'passed')).toHaveLength(40);
    expect(all.at(-1)).toEqual(['login-known-account', 60]);
    // A single one never takes it all from the others: it has to wait before.
    const other = uniqueEmail();
    for (let i = 0; i < 3 + 6; i++) {
      await outcome('login', { caller: from(address()), account: other, device: 'stolen' });
      app.clock.advance(3600);
    }
    expect(await outcome('login', { caller: from(address()), account: other, device: 'own' })).toBe('passed');
  });

  test('have a limit per network, higher than that of strangers', async () => {
    const caller = from(address());
    const attempt = () => ({ caller, account: uniqueEmail(), device: 'a' });
    const all = await outcomes(310, 'login', attempt);
    expect(all.filter((each) => each === 'passed')).toHaveLength(300);
    expect(all.at(-1)).toEqual(['login-known-network', 2]);
  });
});

describe('successes', () => {
  test('have a limit per account and per site', async () => {
    app.clock.advance(7200);
    const succeed = async (attempt: Attempt) => {
      const consumed = await limits
        .consume('login', attempt)
        .catch((error: unknown) => error as TokenjarError);
      if (consumed instanceof TokenjarError) return consumed.limit?.name;
      await consumed.settle('success');
      return 'passed';
    };
    const account = uniqueEmail();
    for (let i = 0; i < 300; i++) expect(await succeed({ caller: from(address()), account })).toBe('passed');
    expect(await succeed({ caller: from(address()), account })).toBe('login-attempts-account');
    let n = 0;
    const site = () => ({ caller: from(`2001:db8:400:${(n++).toString(16)}::1`), account: uniqueEmail() });
    for (let i = 0; i < 600; i++) expect(await succeed(site())).toBe('passed');
    expect(await succeed(site())).toBe('login-attempts-network');
  });
});

test('concurrent attempts at all limits in any order cause no deadlock', async () => {
  const accounts = [uniqueEmail(), uniqueEmail()];
  const networks = [address(), address()];
  const attempts = Array.from({ length: 200 }, async (_, i) => {
    const attempt = { caller: from(networks[i % 2] ?? ''), account: accounts[(i >> 1) % 2] ?? '' };
    const consumed = await limits.consume('login', attempt).catch((error: unknown) => error as TokenjarError);
    if (consumed instanceof TokenjarError) return consumed.code;
    await consumed.settle('success');
    return 'passed';
  });
  expect(new Set(await Promise.all(attempts))).toEqual(new Set(['passed', 'rate_limited']));
  app.clock.advance(86_400);
});

test('the table contains neither accounts nor addresses', async () => {
  const account = uniqueEmail();
  await outcome('login', { caller: from('203.0.113.77'), account });
  const rows = await app.sql<{ text: string }>(
    `SELECT encode(key, 'escape') || encode(key, 'hex') AS text FROM tokenjar.limits`,
  );
  expect(rows.length).toBeGreaterThan(1);
  expect(JSON.stringify(rows)).not.toMatch(/example|user-|203\.0/);
  expect(new Set(rows.map(({ text }) => text.length)).size).toBeLessThan(40);
});
