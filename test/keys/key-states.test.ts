import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { whenRecovered } from '../../src/keys/key-recovery.js';
import { KeyRefusal } from '../../src/keys/key-refusal.js';
import {
  currentOf,
  isDue,
  type KeyTimes,
  type MakeKey,
  JWKS_MAX_AGE,
  PUBLISHED_FOR,
  stateOf,
  verifiesUntil,
  whenImported,
  whenRevoked,
  whenRotated,
  whenStarted,
  withLifetime,
} from '../../src/keys/key-states.js';
import type { Algorithm } from '../../src/tokens/key-ring.js';
import { isLong } from '../support/long.js';

const LIFETIME = 600;
const BEGIN = Date.parse('2026-03-01T12:00:00Z');

type Step =
  | { act: 'rotate' | 'recover' }
  | { act: 'revoke' | 'import'; which: number }
  | { act: 'start'; algorithm: Algorithm }
  | { act: 'wait'; seconds: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ act: 'rotate' }),
  fc.constant<Step>({ act: 'recover' }),
  fc.record({ act: fc.constantFrom('revoke' as const, 'import' as const), which: fc.nat(9) }),
  fc.record({
    act: fc.constant('start' as const),
    algorithm: fc.constantFrom<Algorithm>('ES256', 'RS256', 'HS256'),
  }),
  fc.record({ act: fc.constant('wait' as const), seconds: fc.constantFrom(1, 30, 400, 650, 4000) }),
);

/** The keys of a server, the tokens that they signed, and what an emergency excuses. */
class World {
  now = new Date(BEGIN);
  keys: KeyTimes[] = [];
  tokens: { kid: string; expiresAt: number }[] = [];
  urgent = new Set<string>();
  private made = 0;
  private readonly make: MakeKey = (algorithm) => ({ kid: `${algorithm} ${this.made++}`, algorithm });
  private before: KeyTimes[] = [];

  constructor() {
    this.change((keys) => withLifetime(whenStarted(keys, 'ES256', this.now, this.make), LIFETIME));
    this.urgent.add(currentOf(this.keys, this.now)?.kid ?? '');
  }

  run(step: Step): void {
    const { now, make } = this;
    switch (step.act) {
      case 'rotate':
        return this.change((keys) => whenRotated(keys, now, make));
      case 'start':
        return this.change((keys) => whenStarted(keys, step.algorithm, now, make));
      case 'import':
        return this.change((keys) => whenImported(keys, make('ES256'), now, false));
      case 'revoke': {
        const { kid } = this.keys[step.which % this.keys.length] as KeyTimes;
        this.change((keys) => whenRevoked(keys, kid, now, make));
        // One that had to sign at once.
        if (stateOf(this.keyOf(kid) as KeyTimes, now) === 'revoked')
          this.urgent.add(currentOf(this.keys, now)?.kid ?? '');
        return;
      }
      // The database lost the last change; an instance still knows it.
      case 'recover': {
        const found = this.before;
        const merged = whenStarted(whenRecovered(this.keys, found, now), 'ES256', now, make);
        for (const { kid, revokedAt } of this.keys)
          if (revokedAt) expect(merged.find((key) => key.kid === kid)?.revokedAt).toEqual(revokedAt);
        this.keys = merged;
        return;
      }
      case 'wait':
        this.now = new Date(now.getTime() + step.seconds * 1000);
    }
  }

  /** Every instance signs one token with the key whose turn it is. */
  sign(): KeyTimes {
    const current = this.keys.filter((key) => stateOf(key, this.now) === 'current');
    expect(current).toHaveLength(1);
    const [key] = current as [KeyTimes];
    this.tokens.push({ kid: key.kid, expiresAt: this.now.getTime() + LIFETIME * 1000 });
    return key;
  }

  keyOf(kid: string): KeyTimes | undefined {
    return this.keys.find((key) => key.kid === kid);
  }

  private change(plan: (keys: readonly KeyTimes[]) => KeyTimes[]): void {
    const before = this.keys;
    try {
      this.keys = plan(before);
      this.before = before.length > 0 ? before : this.keys;
    } catch (error) {
      if (!(error instanceof KeyRefusal)) throw error;
    }
  }
}

describe('whatever happens to the keys', () => {
  test('one signs, after it was published; no living token is refused unless its key is revoked', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 25 }), (steps) => {
        const world = new World();
        const wasRevoked = new Set<string>();
        for (const step of steps) {
          world.run(step);
          const { now } = world;
          const signer = world.sign();
          if (!signer.algorithm.startsWith('HS') && !world.urgent.has(signer.kid) && step.act !== 'recover')
            expect(Number(signer.signsFrom) - Number(signer.createdAt)).toBeGreaterThanOrEqual(
              PUBLISHED_FOR * 1000,
            );
          for (const { kid, revokedAt } of world.keys) if (revokedAt) wasRevoked.add(kid);
          for (const kid of wasRevoked) expect(world.keyOf(kid)?.revokedAt).toBeTruthy();
          for (const { kid, expiresAt } of world.tokens) {
            if (expiresAt <= now.getTime() || wasRevoked.has(kid)) continue;
            expect(verifiesUntil(world.keyOf(kid) as KeyTimes)).toBeGreaterThan(now.getTime());
          }
          if (!signer.algorithm.startsWith('HS')) {
            const next = world.keys.filter((key) => stateOf(key, now) === 'next');
            expect(next.length).toBeGreaterThan(0);
          }
        }
      }),
      {
        numRuns: isLong ? 5000 : 150,
        examples: [
          // Two changes were announced, and the database lost the second.
          [
            [
              { act: 'rotate' },
              { act: 'start', algorithm: 'RS256' },
              { act: 'recover' },
              { act: 'start', algorithm: 'HS256' },
              { act: 'wait', seconds: 650 },
            ],
          ],
          [[{ act: 'start', algorithm: 'RS256' }, { act: 'revoke', which: 0 }, { act: 'recover' }]],
          // It lost that a change was taken back.
          [
            [
              { act: 'start', algorithm: 'RS256' },
              { act: 'start', algorithm: 'ES256' },
              { act: 'wait', seconds: 4000 },
              { act: 'recover' },
            ],
          ],
        ],
      },
    );
  });

  test('a rotation is due once, and never while another is under way', () => {
    const world = new World();
    const day = 86_400;
    expect(isDue(world.keys, world.now, day)).toBe(false);
    world.run({ act: 'wait', seconds: day });
    expect(isDue(world.keys, world.now, 0)).toBe(false);
    expect(isDue(world.keys, world.now, day)).toBe(true);
    world.run({ act: 'rotate' });
    expect(isDue(world.keys, world.now, day)).toBe(false);
    world.run({ act: 'wait', seconds: 2 });
    expect(isDue(world.keys, world.now, day)).toBe(false);
  });

  test('a key is published for as long as two caches, one behind the other, may keep the keys', () => {
    expect(PUBLISHED_FOR).toBeGreaterThanOrEqual(2 * JWKS_MAX_AGE);
    expect(JWKS_MAX_AGE).toBeGreaterThanOrEqual(60);
  });

  test('a revoked key is not imported again', () => {
    const world = new World();
    const [{ kid }] = world.keys as [KeyTimes];
    world.run({ act: 'revoke', which: 0 });
    expect(() => whenImported(world.keys, { kid, algorithm: 'ES256' }, world.now, false)).toThrow('revoked');
  });
});
