import { expect, test } from '@jest/globals';
import { judge, type SessionState } from '../../src/users/sessions/refresh-rules.js';
import { SHIPPED } from './judged.js';

/**
 * A database that goes back in time (a restored dump, a failover that lost commits), at any of its states, beside a
 * browser at any later one.
 */
test('a browser ahead of a restored database goes on, whatever state it was restored to', () => {
  const began = Date.parse('2026-03-01T12:00:00.000Z');
  const at = (seconds: number) => new Date(began + seconds * 1000);
  // A history: a rotation every 130 s, and a reissue now and then, which leaves the parent.
  const history: SessionState[] = [];
  for (let n = 1, parent = 0; n <= 12; n++) {
    history.push({
      generation: n,
      parentGeneration: parent,
      rotatedAt: at(n * 130),
      idleExpiresAt: at(1e6),
      absoluteExpiresAt: at(1e6),
    });
    if (n % 4 !== 0) parent = n;
  }
  let adopted = 0;
  for (const [back, row] of history.entries())
    for (const ahead of history.slice(back + 1)) {
      const token = { generation: ahead.generation, issuedAt: Math.floor(ahead.rotatedAt.getTime() / 1000) };
      for (const later of [0, 10, 30, 100, 1000]) {
        const now = new Date(ahead.rotatedAt.getTime() + later * 1000);
        expect(judge(row, token, now, SHIPPED, 0)).toBe('adopt');
        adopted++;
      }
    }
  expect(adopted).toBe(330);
});

test('a generation issued again after a restore is identified by its birth', () => {
  const row = (generation: number, second: number): SessionState => ({
    generation,
    parentGeneration: generation - 1,
    rotatedAt: new Date(second * 1000),
    idleExpiresAt: new Date(1e15),
    absoluteExpiresAt: new Date(1e15),
  });
  // Generation 5 was issued at 1000, lost, and given out once more at 2000.
  const verdictOf = (issuedAt: number, session: SessionState) =>
    judge(session, { generation: 5, issuedAt }, new Date(2_010_000), SHIPPED, 0);
  expect(verdictOf(1000, row(5, 2000))).toBe('repeat');
  expect(verdictOf(2000, row(5, 2000))).toBe('keep');
  expect(verdictOf(2000, row(5, 1000))).toBe('adopt');
});
