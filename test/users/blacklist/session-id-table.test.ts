import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { SessionIdTable } from '../../../src/users/blacklist/session-id-table.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

/** Ids as ours are, and such as differ in a few bits only: with one hash, with neighbouring ones, at the end. */
const ids = fc.oneof(
  fc.uuid({ version: 7 }),
  fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom('00000000', '00000001', '0000003f', 'ffffffff'))
    .map(([nr, tail]) => `019caaaa-0000-7000-8000-${nr.toString(16).padStart(4, '0')}${tail}`),
  fc.constantFrom('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
);
/** **Unit** milliseconds after {@link NOW}. */
const lives = fc.integer({ min: 1, max: 20_000 });

type Step =
  | { set: [string, number] }
  | { setPacked: [string, number][] }
  | { has: string }
  | { deleteExpiredAfter: number };
const steps = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.tuple(ids, lives).map((set): Step => ({ set })) },
    {
      weight: 2,
      arbitrary: fc.array(fc.tuple(ids, lives)).map((setPacked): Step => ({ setPacked })),
    },
    { weight: 5, arbitrary: ids.map((has): Step => ({ has })) },
    { weight: 1, arbitrary: lives.map((deleteExpiredAfter): Step => ({ deleteExpiredAfter })) },
  ),
  { maxLength: 400, size: 'max' },
);

test('contains the same IDs as a Map', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const table = new SessionIdTable();
      const model = new Map<string, number>();
      for (const step of all) {
        if ('set' in step) {
          const [id, life] = step.set;
          table.set(id, NOW + life);
          model.set(id, laterOf(model.get(id), life));
        } else if ('setPacked' in step) {
          table.setPacked(packed(step.setPacked));
          for (const [id, life] of step.setPacked) model.set(id, laterOf(model.get(id), life));
        } else if ('has' in step) expect(table.has(step.has)).toBe(model.has(step.has));
        else {
          const now = NOW + step.deleteExpiredAfter;
          table.deleteExpired(now);
          for (const [id, expiresAt] of model) if (expiresAt <= now) model.delete(id);
        }
        expect(table.size).toBe(model.size);
      }
      for (const id of model.keys()) expect(table.has(id)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

describe('an expiry', () => {
  const [id, other] = [uuidv7(), uuidv7()];

  test('is stored in whole seconds, rounded up', () => {
    const table = new SessionIdTable();
    table.set(id, NOW + 1);
    table.deleteExpired(NOW + 999);
    expect(table.has(id)).toBe(true);
    table.deleteExpired(NOW + 1000);
    expect([table.has(id), table.size]).toEqual([false, 0]);
  });

  test.each([
    ['before 1970', -1, 1],
    ['after what 32 bits can hold', 2 ** 40, 2 ** 32 - 1],
    ['never', Infinity, 2 ** 32 - 1],
  ])('%s is stored as the nearest that a slot can hold', (_when, seconds, stored) => {
    const table = new SessionIdTable();
    table.set(id, seconds * 1000);
    table.deleteExpired((stored - 1) * 1000);
    expect(table.has(id)).toBe(true);
    table.deleteExpired(stored * 1000);
    expect(table.has(id)).toBe(false);
  });

  test('is replaced by a later one, and not by an earlier one', () => {
    const table = new SessionIdTable();
    table.set(id, NOW + 1000);
    table.set(other, NOW + 1000);
    table.set(id, NOW + 9000);
    table.set(id, NOW + 2000);
    table.deleteExpired(NOW + 5000);
    expect([table.has(id), table.has(other), table.size]).toEqual([true, false, 1]);
  });
});

test('takes at most 34 bytes an entry, and shrinks when entries expire', () => {
  const table = new SessionIdTable();
  for (let i = 1; i <= 200_000; i++) {
    table.set(uuidv7(), NOW + (i <= 100 ? 9000 : 1000));
    if (i % 10_000 === 0) expect(bytesOf(table)).toBeLessThan(34 * i);
  }
  table.deleteExpired(NOW + 1000);
  expect(table.size).toBe(100);
  expect(bytesOf(table)).toBeLessThan(20_000);
});

test('grows a part at a time', () => {
  const table = new SessionIdTable();
  let [before, most] = [0, 0];
  for (let i = 0; i < 200_000; i++) {
    table.set(uuidv7(), NOW + 1000);
    const bytes = i > 100_000 ? bytesOf(table) : 0;
    if (before > 0) most = Math.max(most, bytes - before);
    before = bytes;
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(50_000);
});

/** In whole seconds, never forgotten early. */
const laterOf = (known: number | undefined, life: number): number =>
  Math.max(known ?? 0, Math.ceil((NOW + life) / 1000) * 1000);

/** Not at the beginning of its memory, as what a driver returns. */
function packed(entries: [string, number][]): Uint8Array {
  const bytes = new Uint8Array(8 + 24 * entries.length).subarray(8);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  entries.forEach(([id, life], n) => {
    bytes.set(Buffer.from(id.replaceAll('-', ''), 'hex'), 24 * n);
    view.setFloat64(24 * n + 16, (NOW + life) / 1000);
  });
  return bytes;
}

const bytesOf = (table: SessionIdTable): number =>
  (table as unknown as { parts: { slots: Uint32Array }[] }).parts.reduce(
    (sum, { slots }) => sum + slots.byteLength,
    0,
  );
