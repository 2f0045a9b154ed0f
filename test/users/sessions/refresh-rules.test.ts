import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  judge,
  type PresentedToken,
  type RefreshRules,
  type SessionState,
  type Verdict,
} from '../../../src/users/sessions/refresh-rules.js';

const T0 = Date.parse('2026-03-01T12:00:00.000Z');
const at = (seconds: number): Date => new Date(T0 + seconds * 1000);
const second = (seconds: number): number => T0 / 1000 + seconds;

const RULES: RefreshRules = { rotateAfter: 120, grace: 30, giveUp: 20, leeway: 0 };
const STRICT: RefreshRules = { ...RULES, grace: 0 };
const UNROTATED: RefreshRules = { ...RULES, rotateAfter: Infinity };

/** Generation 5 replaced 3 at T0: 4 was displaced on the way. */
const session = (change: Partial<SessionState> = {}): SessionState => ({
  generation: 5,
  parentGeneration: 3,
  rotatedAt: at(0),
  idleExpiresAt: at(1000),
  absoluteExpiresAt: at(2000),
  ...change,
});

const current = { generation: 5, issuedAt: second(0) };
const parent = { generation: 3, issuedAt: second(-500) };

describe('judge', () => {
  const table: [what: string, token: PresentedToken, age: number, spread: number, verdict: Verdict][] = [
    ['the current token, just issued', current, 0, 0, 'keep'],
    ['the current token, younger than R', current, 119.999, 0, 'keep'],
    ['the current token, as old as R', current, 120, 0, 'rotate'],
    ['the current token, much older', current, 999, 0, 'rotate'],
    ['its parent at once', parent, 0, 0, 'repeat'],
    ['its parent at the end of the grace', parent, 30, 0, 'repeat'],
    ['its parent just after the grace', parent, 30.001, 0, 'wait'],
    ['its parent at the end of the shortest wait', parent, 70, 0, 'wait'],
    ['its parent after the shortest wait', parent, 70.001, 0, 'reissue'],
    ['its parent while the wait is drawn long', parent, 70.001, 0.5, 'wait'],
    ['its parent at the end of a long wait', parent, 85, 0.5, 'wait'],
    ['its parent after a long wait', parent, 85.001, 0.5, 'reissue'],
    ['its parent after the longest wait', parent, 100.001, 1, 'reissue'],
    ['its parent hours later, as long as the child was never used', parent, 999, 0, 'reissue'],
    ['the displaced child', { generation: 4, issuedAt: second(-90) }, 1, 0, 'reuse_orphan'],
    ['an ancestor', { generation: 2, issuedAt: second(-700) }, 1, 0, 'reuse_ancestor'],
    ['the first of all', { generation: 1, issuedAt: second(-900) }, 1, 0, 'reuse_ancestor'],
    ['a token the database has never heard of', { generation: 6, issuedAt: second(10) }, 20, 0, 'adopt'],
    ['a token far ahead of the database', { generation: 60, issuedAt: second(10) }, 20, 0, 'adopt'],
    ['the current number, born after the row', { generation: 5, issuedAt: second(10) }, 20, 0, 'adopt'],
    ['the current number, born before the row', { generation: 5, issuedAt: second(-1) }, 20, 0, 'repeat'],
    ['the same after the grace', { generation: 5, issuedAt: second(-1) }, 31, 0, 'wait'],
    ['the same after the wait', { generation: 5, issuedAt: second(-1) }, 71, 0, 'reissue'],
    ['any token at the idle end', current, 1000, 0, 'expired'],
  ];
  test.each(table)('%s', (_, token, age, spread, verdict) => {
    expect(judge(session(), token, at(age), RULES, spread)).toBe(verdict);
  });

  test('a row within a second keeps the token of that second', () => {
    const row = session({ rotatedAt: at(0.9) });
    expect(judge(row, current, at(1), RULES, 0)).toBe('keep');
    expect(judge(row, { generation: 5, issuedAt: second(1) }, at(2), RULES, 0)).toBe('adopt');
  });

  test('the absolute lifetime ends a session despite a later idle end', () => {
    const row = session({ idleExpiresAt: at(5000) });
    expect(judge(row, current, at(1999), RULES, 0)).toBe('rotate');
    expect(judge(row, current, at(2000), RULES, 0)).toBe('expired');
  });

  test('the leeway extends the end, and nothing else', () => {
    const lenient = { ...RULES, leeway: 10 };
    expect(judge(session(), current, at(1009), lenient, 0)).toBe('rotate');
    expect(judge(session(), current, at(1010), lenient, 0)).toBe('expired');
    expect(judge(session(), parent, at(30.001), lenient, 0)).toBe('wait');
  });

  test('an instance with a slow clock repeats and keeps, and never ends a session', () => {
    expect(judge(session(), current, at(-5), RULES, 0)).toBe('keep');
    expect(judge(session(), parent, at(-5), RULES, 0)).toBe('repeat');
  });

  test.each([
    ['the current token, just issued', current, 0, 'rotate'],
    ['the parent, at once', parent, 0, 'reuse_ancestor'],
    ['the displaced child', { generation: 4, issuedAt: second(-90) }, 0, 'reuse_orphan'],
    ['a token newer than the row', { generation: 6, issuedAt: second(0) }, 0, 'adopt'],
    ['the current number, born before the row', { generation: 5, issuedAt: second(-1) }, 0, 'reuse_orphan'],
  ] satisfies [string, PresentedToken, number, Verdict][])('strict profile: %s', (_, token, age, verdict) => {
    expect(judge(session(), token, at(age), STRICT, 0)).toBe(verdict);
  });

  test('without rotation the current token is valid until it expires', () => {
    expect(judge(session(), current, at(999), UNROTATED, 0)).toBe('keep');
    expect(judge(session(), current, at(1000), UNROTATED, 0)).toBe('expired');
  });

  test('exactly one generation is current, whatever the row and the time', () => {
    const rows = fc.record({
      parent: fc.nat(50),
      gap: fc.integer({ min: 1, max: 5 }),
      age: fc.integer({ min: 0, max: 999 }),
    });
    fc.assert(
      fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), ({ parent: p, gap, age }, spread) => {
        const row = session({ generation: p + gap, parentGeneration: p });
        const verdicts = Array.from({ length: p + gap + 3 }, (_, i) => ({
          generation: i + 1,
          verdict: judge(row, { generation: i + 1, issuedAt: second(0) }, at(age), RULES, spread),
        }));
        for (const { generation, verdict } of verdicts) {
          const isCurrent = generation === row.generation;
          expect(['keep', 'rotate'].includes(verdict)).toBe(isCurrent);
          expect(['repeat', 'wait', 'reissue'].includes(verdict)).toBe(generation === row.parentGeneration);
          expect(verdict === 'adopt').toBe(generation > row.generation);
        }
      }),
    );
  });
});
