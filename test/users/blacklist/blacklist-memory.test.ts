import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import type { BlacklistRow } from '../../../src/users/blacklist/blacklist-feed.js';
import { BlacklistMemory } from '../../../src/users/blacklist/blacklist-memory.js';

const NOW = Date.parse('2026-03-01T12:00:00.250Z');
const USER = 7;

/** Of a session that began `after` milliseconds after now. */
const sessionAt = (after: number): string => uuidv7({ msecs: NOW + after });

const ofSession = (sessionId: string, expiresAt = NOW + 60_000): BlacklistRow => ({
  session_id: sessionId,
  user_id: null,
  began_until: null,
  except_session_id: null,
  claims_epoch: null,
  reason: 'logout',
  expires_at: new Date(expiresAt),
});
const ofUser = (
  beganUntil: number,
  { except = null as string | null, expiresAt = NOW + 60_000, userId = USER } = {},
): BlacklistRow => ({
  session_id: null,
  user_id: userId,
  began_until: new Date(NOW + beganUntil),
  except_session_id: except,
  claims_epoch: null,
  reason: 'password_change',
  expires_at: new Date(expiresAt),
});

let memory: BlacklistMemory;
beforeEach(() => {
  memory = new BlacklistMemory();
});
const refuses = (sessionId: string, userId = USER) => memory.refuses({ sessionId, userId });

test('an entry for a session only affects that session', () => {
  const [gone, other] = [sessionAt(0), sessionAt(0)];
  memory.remember([ofSession(gone)]);
  expect([refuses(gone), refuses(gone, USER + 1), refuses(other)]).toEqual([true, true, false]);
});

describe('an entry for a user', () => {
  test.each([
    [-1, true],
    [0, true],
    [1, false],
  ])('reaches to the millisecond: a session that began %i ms after it is refused: %s', (after, isRefused) => {
    memory.remember([ofUser(0)]);
    expect(refuses(sessionAt(after))).toBe(isRefused);
    expect(refuses(sessionAt(after), USER + 1)).toBe(false);
  });

  test('spares the current session, unless another entry does not', () => {
    const [mine, other] = [sessionAt(-5), sessionAt(-5)];
    memory.remember([ofUser(0, { except: mine })]);
    expect([refuses(mine), refuses(other)]).toEqual([false, true]);
    memory.remember([ofUser(0, { except: other })]);
    expect([refuses(mine), refuses(other)]).toEqual([true, true]);
  });

  test('is stored once, however often it is read', () => {
    for (let i = 0; i < 50; i++) memory.remember([ofUser(0)]);
    expect(entriesOf(memory, USER)).toBe(1);
  });

  test('replaces the entries it covers, and no others', () => {
    const mine = sessionAt(-5);
    for (let i = 0; i < 50; i++) memory.remember([ofUser(i, { expiresAt: NOW + 60_000 + i })]);
    expect(entriesOf(memory, USER)).toBe(1);
    memory.remember([ofUser(60, { except: mine, expiresAt: NOW + 90_000 })]);
    expect(entriesOf(memory, USER)).toBe(2);
    // Reaches further, but is forgotten earlier.
    memory.remember([ofUser(80, { expiresAt: NOW + 1000 })]);
    expect(entriesOf(memory, USER)).toBe(3);
  });

  test('is removed when it has expired, not before', () => {
    memory.remember([ofUser(0), ofUser(100, { expiresAt: NOW + 1000 })]);
    memory.forgetExpired(NOW + 999);
    expect(refuses(sessionAt(50))).toBe(true);
    memory.forgetExpired(NOW + 1000);
    expect([refuses(sessionAt(50)), refuses(sessionAt(0))]).toEqual([false, true]);
    memory.forgetExpired(NOW + 60_000);
    expect([refuses(sessionAt(0)), memory.size]).toEqual([false, 0]);
  });
});

test('finds each of a hundred thousand entries for users', () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => ofUser(i % 1000, { userId: i + 1 }));
  memory.remember(rows);
  expect(memory.size).toBe(100_000);
  for (let i = 0; i < 100_000; i += 997) {
    expect(refuses(sessionAt(i % 1000), i + 1)).toBe(true);
    expect(refuses(sessionAt((i % 1000) + 1), i + 1)).toBe(false);
  }
});

test('refuses a session if and only if an entry covers it, in any order', () => {
  const sessions = Array.from({ length: 12 }, (_, i) => ({ id: sessionAt(i * 10), began: i * 10 }));
  const entry = fc.record({
    until: fc.integer({ min: -5, max: 125 }),
    except: fc.option(fc.constantFrom(...sessions.map(({ id }) => id))),
    life: fc.integer({ min: 1, max: 10_000 }),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 15 }), fc.integer({ min: 0, max: 10_000 }), (entries, later) => {
      const fresh = new BlacklistMemory();
      fresh.remember(
        entries.map(({ until, except, life }) => ofUser(until, { except, expiresAt: NOW + life })),
      );
      fresh.forgetExpired(NOW + later);
      for (const { id, began } of sessions) {
        const isRefused = entries.some(
          ({ until, except, life }) => began <= until && except !== id && life > later,
        );
        expect(fresh.refuses({ sessionId: id, userId: USER })).toBe(isRefused);
      }
    }),
  );
});

const entriesOf = (of: BlacklistMemory, userId: number): number | undefined =>
  (of as unknown as { users: Map<number, unknown[]> }).users.get(userId)?.length;
