import { describe, expect, test } from '@jest/globals';
import { FairQueue, Refused } from '../../src/crypto/fair-queue.js';

const MINUTE = 60_000;

/** `ax1`: the first of the line x in the line a. */
const keysOf = (name: string) => [...name.replace(/\d+$/, '')];

/** A queue whose work ends when the test says so, and what became of each piece, in order. */
function setUp(bounds: { atOnce?: number; longest?: number; longestWait?: number } = {}) {
  const queue = new FairQueue({ atOnce: 1, longest: 4, longestWait: MINUTE, ...bounds });
  const begun: string[] = [];
  const refused: string[] = [];
  const ends: (() => void)[] = [];
  const add = (name: string, isWanted = () => true) =>
    queue
      .add({ keys: keysOf(name), isWanted }, () => {
        begun.push(name);
        return new Promise<void>((end) => ends.push(end));
      })
      .catch((error: unknown) => {
        expect(error).toBeInstanceOf(Refused);
        refused.push(name);
      });
  const settle = () => new Promise<void>((done) => setImmediate(done));
  return {
    begun,
    refused,
    add: async (...names: string[]) => {
      for (const name of names) void add(name);
      await settle();
    },
    addUnwanted: async (name: string) => {
      void add(name, () => false);
      await settle();
    },
    /** Ends the work that runs, one piece after the other. */
    finish: async (pieces: number) => {
      for (let i = 0; i < pieces; i++) {
        ends.shift()?.();
        await settle();
      }
    },
  };
}

describe('tasks', () => {
  test('run at once while there are free slots', async () => {
    const { begun, add, finish } = setUp({ atOnce: 2 });
    await add('a1', 'a2', 'a3');
    expect(begun).toEqual(['a1', 'a2']);
    await finish(1);
    expect(begun).toEqual(['a1', 'a2', 'a3']);
  });

  test('run in order per key, with keys taking turns', async () => {
    const { begun, add, finish } = setUp({ longest: 10 });
    await add('a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'c2');
    await finish(7);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'c2', 'a4']);
  });

  test('free their slot when they fail', async () => {
    const queue = new FairQueue({ atOnce: 1, longest: 4, longestWait: MINUTE });
    const origin = { keys: ['a'], isWanted: () => true };
    const failing = queue.add(origin, () => Promise.reject(new Error('it failed')));
    const next = queue.add(origin, () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('it failed');
    expect(await next).toBe('done');
  });
});

describe('tasks of a key with many keys below it', () => {
  test('take turns like those of any other key, and among themselves', async () => {
    const { begun, add, finish } = setUp({ longest: 10 });
    await add('a1', 'bx1', 'bx2', 'by1', 'bz1', 'c1', 'c2');
    await finish(7);
    expect(begun).toEqual(['a1', 'bx1', 'c1', 'by1', 'c2', 'bz1', 'bx2']);
  });

  test('are refused as one burst, however many keys there are', async () => {
    const { begun, refused, add, finish } = setUp();
    await add('a1', 'bx1', 'by1', 'bz1', 'bu1', 'c1', 'c2');
    expect(refused).toHaveLength(2);
    expect(refused.every((name) => name.startsWith('b'))).toBe(true);
    await finish(5);
    expect(begun).toHaveLength(5);
    expect(begun).toEqual(expect.arrayContaining(['a1', 'c1', 'c2']));
  });
});

describe('too many tasks', () => {
  test('of one key: its newest is refused', async () => {
    const { begun, refused, add, finish } = setUp();
    await add('a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7');
    expect(refused).toEqual(['a6', 'a7']);
    await finish(5);
    expect(begun).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
  });

  test('of one key: other keys still get in', async () => {
    const { begun, refused, add, finish } = setUp();
    await add('a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'c1');
    expect(refused).toEqual(['a5', 'a4']);
    await finish(3);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1']);
  });

  test('are refused after the maximum wait', async () => {
    const { begun, refused, add, finish } = setUp({ longestWait: 20 });
    await add('a1', 'a2');
    await new Promise((done) => setTimeout(done, 60));
    expect(refused).toEqual(['a2']);
    await finish(1);
    expect(begun).toEqual(['a1']);
  });

  test('are dropped if nobody waits for them', async () => {
    const { begun, refused, add, addUnwanted, finish } = setUp();
    await add('a1');
    await addUnwanted('a2');
    await add('a3');
    await finish(1);
    expect([begun, refused]).toEqual([['a1', 'a3'], ['a2']]);
  });
});
