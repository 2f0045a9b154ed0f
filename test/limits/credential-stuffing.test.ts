import { describe, expect, test } from '@jest/globals';
import { Limits, type Attempt } from '../../src/limits/limits.js';
import { startApp, type TestApp } from '../support/app.js';
import { isLong } from '../support/long.js';

/** Credential stuffing: each account is tried once, in turn from many addresses. **Unit** per second. */
const ATTACK = { perSecond: 20, addresses: 400, partThatFits: 0.01 };
/** Whoever uses the site meanwhile: most on a device that it knows, some with a slip of the pen. */
const HONEST = { perSecond: 1, networks: 500, partOnKnownDevices: 0.85, partMistyped: 0.1 };
const SECONDS = 300;
/** A fifth of it all, where many such attacks are played. */
const FIFTH = 0.2;
const FIFTH_OF_LIMIT = { limitLoginFailures: '60/10m' };
/** The whole of it is thousands of statements. **Unit** milliseconds. */
const LONG = 180_000;

interface Outcome {
  sent: number;
  /** Passwords that were looked at. */
  checked: number;
}

const partOf = ({ sent, checked }: Outcome): number => checked / sent;
const refusedPart = (outcome: Outcome): number => 1 - partOf(outcome);

/** Numbers between 0 and 1 that are the same in every run. **Source** Marsaglia, Xorshift RNGs (2003). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Lets both loose on the limits, with the defaults of the product, and says whom they let through. */
async function simulate(
  app: TestApp,
  part = 1,
  beside: (limits: Limits, n: number) => Promise<void> = () => Promise.resolve(),
) {
  const limits = app.app.get(Limits, { strict: false });
  const roll = dice(20_26);
  const attack: Outcome = { sent: 0, checked: 0 };
  const known: Outcome = { sent: 0, checked: 0 };
  const strange: Outcome = { sent: 0, checked: 0 };
  const attempt = async (outcome: Outcome, what: Parameters<Limits['consume']>[1], fits: boolean) => {
    outcome.sent++;
    const consumed = await limits.consume('login', what).catch(() => undefined);
    if (!consumed) return false;
    outcome.checked++;
    await consumed.settle(fits ? 'success' : 'failure');
    return true;
  };
  for (let second = 0; second < SECONDS * part; second++) {
    for (let i = 0; i < ATTACK.perSecond; i++) {
      const n = attack.sent % (ATTACK.addresses * part);
      // In a /24 each: the attacker has them from all over the world.
      const caller = { ip: `10.${n & 255}.${n >> 8}.1` };
      await beside(limits, attack.sent);
      await attempt(
        attack,
        { caller, account: `listed-${attack.sent}@example.com` },
        roll() < ATTACK.partThatFits,
      );
    }
    for (let i = 0; i < HONEST.perSecond; i++) {
      const n = Math.floor(roll() * HONEST.networks);
      const isKnown = roll() < HONEST.partOnKnownDevices;
      const what = {
        caller: { ip: `203.0.${n >> 8}.${n & 255}` },
        account: `person-${n}@example.com`,
        device: isKnown ? 'theirs' : undefined,
      };
      const outcome = isKnown ? known : strange;
      // A user who mistyped tries again.
      const isMistyped = roll() < HONEST.partMistyped;
      const passed = await attempt(outcome, what, !isMistyped);
      if (passed && isMistyped) await attempt(outcome, what, true);
    }
    app.clock.advance(1);
  }
  return { attack, known, strange };
}

describe('credential stuffing, with each account tried once and each address used rarely', () => {
  test('succeeds if only accounts and addresses are counted', async () => {
    const app = await startApp({ rateLimit: true, limitLoginFailures: 'off' });
    try {
      const { attack } = await simulate(app, FIFTH);
      expect(partOf(attack)).toBe(1);
    } finally {
      await app.close();
    }
  });

  test(
    'is slowed down, and honest users are hardly affected',
    async () => {
      const app = await startApp({ rateLimit: true });
      try {
        const { attack, known, strange } = await simulate(app);
        expect(partOf(attack)).toBeLessThan(0.15);
        expect(refusedPart(known)).toBe(0);
        const everybody = { sent: known.sent + strange.sent, checked: known.checked + strange.checked };
        expect(strange.sent).toBeGreaterThan(20);
        expect(refusedPart(strange)).toBeLessThan(0.15);
        expect(refusedPart(everybody)).toBeLessThan(0.02);
      } finally {
        await app.close();
      }
    },
    LONG,
  );

  /** What an attacker does between two attempts to let the brake go, and how much more gets through. */
  const RELEASES: [string, number, (limits: Limits, n: number) => Promise<void>][] = [
    [
      'signs in to twenty accounts of their own',
      0.17,
      async (limits, n) =>
        succeed(limits, { caller: { ip: `10.${n & 255}.200.1` }, account: `own-${n % 20}` }),
    ],
    [
      'signs in to any number of accounts of their own from a few networks',
      0.17,
      async (limits, n) => succeed(limits, { caller: { ip: `10.201.${n % 8}.1` }, account: `own-${n}` }),
    ],
    [
      'signs in to any number of accounts of their own from the networks of a /48',
      0.17,
      async (limits, n) =>
        succeed(limits, {
          caller: { ip: `2001:db8:1:${(n & 0xffff).toString(16)}::1` },
          account: `own-${n}`,
        }),
    ],
    [
      'sends attempts that are never made: they are aborted, or there is no time',
      0.17,
      async (limits, n) => {
        const attempt = { caller: { ip: `10.${n & 255}.202.1` }, account: `nobody-${n}` };
        const consumed = await limits.consume('login', attempt).catch(() => undefined);
        await consumed?.settle('void');
      },
    ],
  ];

  const succeed = async (limits: Limits, attempt: Attempt) => {
    const consumed = await limits.consume('login', { ...attempt, device: 'own' }).catch(() => undefined);
    await consumed?.settle('success');
  };

  test.each(isLong ? RELEASES : RELEASES.slice(0, 1))(
    'gets no further where the attacker %s',
    async (_, most, release) => {
      const app = await startApp({ rateLimit: true, limitLoginAttemptsNetwork: 'off', ...FIFTH_OF_LIMIT });
      try {
        const { attack, known } = await simulate(app, FIFTH, release);
        expect(partOf(attack)).toBeLessThan(most);
        expect(refusedPart(known)).toBe(0);
      } finally {
        await app.close();
      }
    },
    LONG,
  );

  test(
    'is not helped by the networks of a /48, or of a provider',
    async () => {
      const app = await startApp({ rateLimit: true });
      try {
        const limits = app.app.get(Limits, { strict: false });
        let checked = 0;
        for (let n = 0; n < 1500; n++) {
          const ip = n % 2 ? `2001:db8:1:${n.toString(16)}::1` : `2001:db9:${n.toString(16)}::1`;
          const consumed = await limits
            .consume('login', { caller: { ip }, account: `listed-${n}` })
            .catch(() => undefined);
          if (consumed) checked++;
          await consumed?.settle('failure');
          app.clock.advance(0.05);
        }
        // What a /48 may do, what exceeds the global threshold, and what a provider may do then.
        expect(checked).toBeLessThan(120 + 300 + 64);
        expect(
          await limits
            .consume('login', { caller: { ip: '2001:dba::1' }, account: 'honest' })
            .then(() => 'passed'),
        ).toBe('passed');
      } finally {
        await app.close();
      }
    },
    LONG,
  );

  test('is not mistaken for a busy site whose users mistype', async () => {
    const app = await startApp({ rateLimit: true, limitLoginFailures: '20/10m' });
    try {
      const limits = app.app.get(Limits, { strict: false });
      for (let i = 0; i < 300; i++) {
        const caller = { ip: `203.0.${i >> 8}.${i & 255}` };
        const consumed = await limits.consume('login', { caller, account: `person-${i}@example.com` });
        if (i % 4 !== 0) await consumed.settle('success');
        else {
          await consumed.settle('failure');
          const again = await limits.consume('login', { caller, account: `person-${i}@example.com` });
          await again.settle('success');
        }
      }
    } finally {
      await app.close();
    }
  });

  test.each(['void', 'refused', 'success'] as const)(
    'an attempt that added nothing to a counter at its ceiling takes nothing from it: %s',
    async (outcome) => {
      const app = await startApp({ rateLimit: true, limitLoginFailures: '10/10m' });
      try {
        const limits = app.app.get(Limits, { strict: false });
        let n = 0;
        const attempt = () => ({ caller: { ip: `10.${n >> 8}.${n++ & 255}.1` }, account: `listed-${n}` });
        // The ceiling is twice the quota.
        for (let i = 0; i < 25; i++) await (await limits.consume('login', attempt())).settle('failure');
        const total = async () => {
          const rows = await app.sql<{ count: number }>(
            'SELECT count FROM tokenjar.limits WHERE get_byte(key, 0) = 255',
          );
          return rows.map(({ count }) => count);
        };
        expect(await total()).toEqual([20]);
        for (let i = 0; i < 10; i++) await (await limits.consume('login', attempt())).settle(outcome);
        // Of successes, one in a period offsets a failure, for each account and site.
        expect(await total()).toEqual([outcome === 'success' ? 10 : 20]);
      } finally {
        await app.close();
      }
    },
  );
});
