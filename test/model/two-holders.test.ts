import { expect, test } from '@jest/globals';
import { explore } from './explore.js';
import { SHIPPED } from './judged.js';
import { twoHolders } from './two-holders.js';

const MOST_CHANGES = 1;

test('two holders of one token that never meet within the grace period are soon detected', () => {
  const { states, counterexample } = explore(twoHolders({ rules: SHIPPED, mostChanges: MOST_CHANGES }));
  expect(counterexample).toBeUndefined();
  expect(states).toBeGreaterThan(50);
  // The bound is the least: with one change fewer there is a way past it.
  expect(explore(twoHolders({ rules: SHIPPED, mostChanges: MOST_CHANGES - 1 })).counterexample).toBeDefined();
});

test.each([
  ['an orphan fetches the current token', 'reuse_orphan', 'repeat'],
  ['a parent fetches the current token at any time', 'reissue', 'repeat'],
] as const)('would not be if %s', (_, verdict, other) => {
  const theft = {
    rules: SHIPPED,
    instead: (judged: string) => (judged === verdict ? other : judged) as never,
    mostChanges: 20,
  };
  expect(explore(twoHolders(theft)).counterexample?.at(-1)).toBe('it goes on for both');
});
