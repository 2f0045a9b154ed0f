import { judge, type RefreshRules, type Verdict } from '../../src/users/sessions/refresh-rules.js';

/**
 * What a token is to the row: the current one, its parent, or one that was displaced. After the database was set back:
 * one that it has not issued yet, or a sibling of the current one, with its number.
 */
export type Token = 'current' | 'parent' | 'displaced' | 'future' | 'sibling';

/** Steps of time are ten seconds, which divides every threshold. **Unit** seconds. */
export const TICK = 10;

export const SHIPPED: RefreshRules = { rotateAfter: 120, grace: 30, giveUp: 20, leeway: 0 };

const ROTATED_AT = Date.parse('2026-03-01T12:00:00.000Z');
const GENERATION = 9;
const PARENT = 7;
/** A generation for each: 8 was reissued over, so it is an orphan. */
const GENERATIONS: Record<Token, number> = {
  current: GENERATION,
  parent: PARENT,
  displaced: 8,
  future: 10,
  sibling: 9,
};

/** What the real judgement says of a token, `age` ticks after the last rotation. */
export function verdictOn(token: Token, age: number, rules: RefreshRules): Verdict {
  const rotatedAt = new Date(ROTATED_AT);
  const issuedAt = ROTATED_AT / 1000 - (token === 'current' ? 0 : 600);
  return judge(
    {
      generation: GENERATION,
      parentGeneration: PARENT,
      rotatedAt,
      idleExpiresAt: new Date(ROTATED_AT + 1e9),
      absoluteExpiresAt: new Date(ROTATED_AT + 1e9),
    },
    { generation: GENERATIONS[token], issuedAt },
    new Date(ROTATED_AT + age * TICK * 1000),
    rules,
    // The shortest wait is the hardest case: a longer one only delays what is safe later.
    0,
  );
}

/** What becomes of a token that is out, when the row moves on. */
export const afterRotation = (token: Token): Token =>
  token === 'current' || token === 'sibling' ? 'parent' : 'displaced';
export const afterReissue = (token: Token): Token => (token === 'parent' ? 'parent' : 'displaced');
