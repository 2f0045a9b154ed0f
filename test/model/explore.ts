/** A finite system: where it begins, and what can happen next. */
export interface System<State> {
  start: State;
  /** Every step that can be taken: its name, and where it leads; a string instead of a state is a violation. */
  steps: (state: State) => Iterable<readonly [name: string, next: State | Violation]>;
}

/** What must never happen. */
export interface Violation {
  violation: string;
}

export interface Explored {
  /** How many states can be reached. */
  states: number;
  /** The shortest way to a violation, a line a step; undefined when there is none. */
  counterexample: string[] | undefined;
}

const MOST_STATES = 4_000_000;

/** Searches every state that can be reached, the nearest first. @throws when there are too many to finish. */
export function explore<State>({ start, steps }: System<State>): Explored {
  const first = JSON.stringify(start);
  // Keys of states; where each was reached from, and by which step.
  const from = new Map<string, readonly [key: string, step: string] | undefined>([[first, undefined]]);
  let edge = [first];
  while (edge.length > 0) {
    const next: string[] = [];
    for (const key of edge)
      for (const [name, reached] of steps(JSON.parse(key) as State)) {
        if (isViolation(reached))
          return { states: from.size, counterexample: [...way(from, key), name, reached.violation] };
        const reachedKey = JSON.stringify(reached);
        if (from.has(reachedKey)) continue;
        from.set(reachedKey, [key, name]);
        next.push(reachedKey);
      }
    if (from.size > MOST_STATES) throw new Error(`more than ${MOST_STATES} states`);
    edge = next;
  }
  return { states: from.size, counterexample: undefined };
}

function way(from: ReadonlyMap<string, readonly [string, string] | undefined>, key: string): string[] {
  const names: string[] = [];
  for (let step = from.get(key); step; step = from.get(step[0])) names.unshift(step[1]);
  return names;
}

const isViolation = (reached: unknown): reached is Violation =>
  typeof reached === 'object' && reached !== null && 'violation' in reached;
