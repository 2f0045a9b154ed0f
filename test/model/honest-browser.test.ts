import { describe, expect, test } from '@jest/globals';
import { isLong } from '../support/long.js';
import { explore } from './explore.js';
import { honestBrowser, type World } from './honest-browser.js';
import { SHIPPED } from './judged.js';

/** Crashes, and requests that are decided within 30 s of being sent. */
const CRASHES: World = {
  rules: SHIPPED,
  hasGuard: true,
  keepSetsCookie: false,
  clocksApart: 0,
  tabs: 2,
  inFlight: 3,
  rollback: 3,
  latest: 3,
};
/** No crashes, and requests that are decided at any time: later than all ages nothing changes. */
const LATENESS: World = { ...CRASHES, rollback: -1, latest: 14 };
/** A failover loses the last change, up to half a minute after it. */
const LOSSES: World = { ...CRASHES, loss: { within: 3 } };

describe('all states that an honest browser can reach', () => {
  test.each([
    ['two tabs, crashes', CRASHES, 33_010],
    ...(isLong ? [['three tabs, crashes', { ...CRASHES, tabs: 3 }, 48_774] as const] : []),
    ['two tabs, requests that are decided as late as can be', LATENESS, 120_629],
    ...(isLong ? [['two tabs, crashes, failovers that lose a change', LOSSES, 250_739] as const] : []),
  ] as const)('%s: none ends the session', (_, world, count) => {
    const { states, counterexample } = explore(honestBrowser(world));
    expect(counterexample).toBeUndefined();
    // A search that looks at nothing would find nothing.
    expect(states).toBe(count);
  });
});

describe('every part of the rules is needed: without it, an honest session ends', () => {
  const found = (world: World): string[] => explore(honestBrowser(world)).counterexample ?? [];

  /** Found late: the search takes as long as all others. */
  const KEEP: [string, World] = ['a keep without a cookie', { ...LATENESS, keepSetsCookie: true }];

  const PARENT: [string, World] = [
    'a parent in the token',
    { ...LOSSES, loss: { within: 3, without: 'parent' } },
  ];

  test.each<[string, World]>([
    ['repeat', { ...CRASHES, instead: (verdict) => (verdict === 'repeat' ? 'reuse_ancestor' : verdict) }],
    ['wait', { ...CRASHES, instead: (verdict) => (verdict === 'wait' ? 'reissue' : verdict) }],
    ['reissue', { ...CRASHES, instead: (verdict) => (verdict === 'reissue' ? 'reuse_orphan' : verdict) }],
    ['the guard', { ...LATENESS, hasGuard: false }],
    ['a late rotation', { ...CRASHES, rules: { ...SHIPPED, rotateAfter: 60 } }],
    ...(isLong ? [KEEP] : []),
    ['one clock', { ...CRASHES, clocksApart: 2 }],
    ['adopted tokens that stay', { ...LOSSES, loss: { within: 3, without: 'restore' } }],
    ['siblings that count as parents', { ...LOSSES, loss: { within: 3, without: 'sibling' } }],
    ...(isLong ? [PARENT] : []),
    ['a grace', { ...CRASHES, rules: { ...SHIPPED, grace: 0 } }],
  ])('%s', (_, world) => {
    expect(found(world).at(-1)).toBe('the session of an honest browser ends');
  });
});
