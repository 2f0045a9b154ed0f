import type { RefreshRules, Verdict } from '../../src/users/sessions/refresh-rules.js';
import type { System, Violation } from './explore.js';
import { afterReissue, afterRotation, TICK, type Token, verdictOn } from './judged.js';

const HOLDERS = ['victim', 'thief'] as const;
type Holder = (typeof HOLDERS)[number];

interface State {
  /** Since the row last moved. **Unit** ticks, up to where nothing changes any more. */
  age: number;
  holds: Record<Holder, Token>;
  /** Who moved the row last. */
  mover: Holder | null;
  /** How often the row was moved by the other one than before. */
  changes: number;
  hasEnded: boolean;
}

interface Theft {
  rules: RefreshRules;
  instead?: (verdict: Verdict) => Verdict;
  /** More changes of hands than this are a violation: the session goes on for both. */
  mostChanges: number;
}

/**
 * Somebody copies the cookie once, and both refresh whenever they like, but never within the grace of a rotation by
 * the other: there they are as two tabs are, and nobody can tell.
 */
export function twoHolders({ rules, instead, mostChanges }: Theft): System<State> {
  const oldest = rules.rotateAfter / TICK + 1;
  const grace = rules.grace / TICK;

  function* steps(state: State): Generator<readonly [string, State | Violation]> {
    if (state.hasEnded) return;
    yield ['ten seconds pass', { ...state, age: Math.min(state.age + 1, oldest) }];
    for (const holder of HOLDERS) {
      const isTogether = state.mover !== null && state.mover !== holder && state.age <= grace;
      if (!isTogether) yield refresh(state, holder);
    }
  }

  function refresh(state: State, holder: Holder): readonly [string, State | Violation] {
    const token = state.holds[holder];
    const judged = verdictOn(token, state.age, rules);
    const verdict = instead?.(judged) ?? judged;
    const name = `the ${holder} presents the ${token} token: ${verdict}`;
    const change = verdict === 'rotate' ? afterRotation : verdict === 'reissue' ? afterReissue : undefined;
    if (change) {
      const changes = state.changes + (state.mover !== null && state.mover !== holder ? 1 : 0);
      if (changes > mostChanges) return [name, { violation: 'it goes on for both' }];
      const other = holder === 'victim' ? 'thief' : 'victim';
      const holds = { ...state.holds, [holder]: 'current', [other]: change(state.holds[other]) };
      return [name, { ...state, age: 0, holds, mover: holder, changes }];
    }
    if (verdict === 'repeat') return [name, { ...state, holds: { ...state.holds, [holder]: 'current' } }];
    return [name, { ...state, hasEnded: verdict.startsWith('reuse') }];
  }

  const holds = { victim: 'current', thief: 'current' } as const;
  return { start: { age: 0, holds, mover: null, changes: 0, hasEnded: false }, steps };
}
