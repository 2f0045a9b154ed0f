import type { RefreshRules, Verdict } from '../../src/users/sessions/refresh-rules.js';
import type { System, Violation } from './explore.js';
import { afterReissue, afterRotation, TICK, type Token, verdictOn } from './judged.js';
import { afterRestore, afterSetBack, type Loss, toSibling } from './set-back.js';

/** What is taken away from the rules, to see what it was for; and how wild the world is. */
export interface World {
  rules: RefreshRules;
  /** Another verdict instead of the real one. */
  instead?: (verdict: Verdict) => Verdict;
  /** Without it, a request is decided also when nobody waits for it any more. */
  hasGuard: boolean;
  /** Whether a kept token is sent once more. */
  keepSetsCookie: boolean;
  /** How far the clocks of two instances are apart. **Unit** ticks. */
  clocksApart: number;
  tabs: number;
  /** Requests and answers under way at once. */
  inFlight: number;
  /** How far back a crash sets the cookie jar. **Unit** ticks. */
  rollback: number;
  /** How long after it was sent a request may be decided, though its client has given up. **Unit** ticks. */
  latest: number;
  /** A failover that loses the last change of the row. */
  loss?: Loss;
}

interface Request {
  kind: 'request';
  token: Token;
  /** Since it was sent. **Unit** ticks. */
  age: number;
  isAwaited: boolean;
}

interface Answer {
  kind: 'answer';
  /** The cookie it sets, if it does. */
  cookie: Token | null;
  age: number;
}

interface State {
  /** Since the last rotation. **Unit** ticks, up to where nothing changes any more. */
  age: number;
  jar: Token;
  /** What the jar held a short while ago, which a crash may bring back; and how long ago. */
  earlier: [Token, number][];
  flights: (Request | Answer)[];
  /** How the row moved last, if a failover may undo it. */
  moved?: 'rotate' | 'reissue';
  /** The age of the token that a failover lost, and how it came to be. **Unit** ticks. */
  lost?: { age: number; by: 'rotate' | 'reissue' };
}

/** One browser whose tabs share a cookie jar, a network that loses, delays, doubles and reorders, and crashes. */
export function honestBrowser(world: World): System<State> {
  const oldest = world.rules.rotateAfter / TICK + 1;
  const giveUp = world.rules.giveUp / TICK;

  const isAwaited = (flight: Request | Answer) => flight.kind === 'answer' || flight.isAwaited;

  function* steps(state: State): Generator<readonly [string, State | Violation]> {
    yield ['ten seconds pass', tick(state)];
    const waiting = state.flights.filter(isAwaited).length;
    if (waiting < world.tabs && state.flights.length < world.inFlight)
      yield [
        `a tab sends the ${state.jar} token`,
        with_(state, { kind: 'request', token: state.jar, age: 0, isAwaited: true }),
      ];
    for (const [index, flight] of state.flights.entries()) {
      const rest = state.flights.filter((_, i) => i !== index);
      if (flight.kind === 'answer') {
        yield ['an answer is lost', { ...state, flights: rest }];
        yield [
          `an answer arrives${flight.cookie ? ` with the ${flight.cookie} token` : ''}`,
          flight.cookie ? jarSet({ ...state, flights: rest }, flight.cookie) : { ...state, flights: rest },
        ];
        continue;
      }
      if (flight.isAwaited && state.flights.length < world.inFlight)
        yield ['a request is doubled on its way', with_(state, { ...flight, isAwaited: false })];
      if (flight.isAwaited)
        yield ['a tab is closed', { ...state, flights: [...rest, { ...flight, isAwaited: false }] }];
      else yield ['a request is lost', { ...state, flights: rest }];
      for (const skew of world.clocksApart === 0 ? [0] : [0, world.clocksApart])
        yield* decide({ ...state, flights: rest }, flight, Math.max(0, state.age - skew));
    }
    if (world.loss && state.moved && state.age <= world.loss.within)
      yield [`a failover undoes the ${state.moved}`, setBack(state, state.moved)];
    for (const [token, ago] of state.earlier)
      if (ago <= world.rollback)
        yield [`the browser crashes and is back with a ${token} token`, crash(state, token)];
  }

  function* decide(
    state: State,
    request: Request,
    age: number,
  ): Generator<readonly [string, State | Violation]> {
    const judged = verdictOn(request.token, age, world.rules);
    const verdict =
      world.loss?.without === 'sibling' && request.token === 'sibling'
        ? 'reuse_orphan'
        : (world.instead?.(judged) ?? judged);
    const name = `the ${request.token} token, sent ${request.age * TICK} s ago, is judged: ${verdict}`;
    const answer = (cookie: Token | null) =>
      request.isAwaited ? [{ kind: 'answer', cookie, age: request.age } as const] : [];
    const moved = (change: (token: Token) => Token, by?: 'rotate' | 'reissue'): State => {
      const { lost, ...rest } = changed(state, lostToSibling(state, change));
      // One failover at a time: what it lost is known again, or replaced.
      return {
        ...rest,
        age: 0,
        moved: lost ? undefined : by,
        flights: [...rest.flights, ...answer('current')],
      };
    };
    const isDropped = world.hasGuard && !request.isAwaited;
    if (verdict === 'keep')
      yield [
        name,
        { ...state, flights: [...state.flights, ...answer(world.keepSetsCookie ? 'current' : null)] },
      ];
    else if (verdict === 'repeat')
      yield [name, { ...state, flights: [...state.flights, ...answer('current')] }];
    else if (verdict === 'rotate') yield [name, canonical(moved(afterRotation, 'rotate'))];
    else if (verdict === 'wait') yield [name, state];
    else if (isDropped) yield [`${name}, and dropped`, state];
    else if (verdict === 'reissue')
      yield [name, canonical(moved(request.token === 'sibling' ? afterRotation : afterReissue, 'reissue'))];
    else if (verdict === 'adopt' && state.lost) {
      const { age: lostFor, by } = state.lost;
      const restored = { ...changed(state, afterRestore(by, world.loss)), lost: undefined, age: lostFor };
      const isYoung = lostFor * TICK < world.rules.rotateAfter && world.loss?.without !== 'restore';
      if (isYoung) yield [name, canonical({ ...restored, flights: [...restored.flights, ...answer(null)] })];
      else {
        const next = changed(restored, afterRotation);
        yield [name, canonical({ ...next, age: 0, flights: [...next.flights, ...answer('current')] })];
      }
    } else yield [name, { violation: 'the session of an honest browser ends' }];
  }

  /** The row is as it was before it moved: old, because it was due. */
  function setBack(state: State, by: 'rotate' | 'reissue'): State {
    const lost = { age: state.age, by };
    return canonical({ ...changed(state, afterSetBack(by)), age: oldest, moved: undefined, lost });
  }

  /** Whoever has the parent gets the number of the lost token once more. */
  const lostToSibling = (state: State, change: (token: Token) => Token) => (token: Token) =>
    token === 'future' && state.lost ? toSibling : change(token);

  /** A state in which every token that is out is something else to the row. */
  const changed = (state: State, change: (token: Token) => Token): State => ({
    ...state,
    jar: change(state.jar),
    earlier: state.earlier.map(([token, ago]) => [change(token), ago]),
    flights: state.flights.map((flight) =>
      flight.kind === 'request'
        ? { ...flight, token: change(flight.token) }
        : { ...flight, cookie: flight.cookie && change(flight.cookie) },
    ),
  });

  const with_ = (state: State, flight: Request): State =>
    canonical({ ...state, flights: [...state.flights, flight] });

  function tick(state: State): State {
    const flights = state.flights
      .map((flight) => ({ ...flight, age: flight.age + 1 }))
      // A client drops an answer that is later than its patience.
      .filter((flight) => (flight.kind === 'answer' ? flight.age <= giveUp : flight.age <= world.latest))
      .map((flight) =>
        flight.kind === 'request' && flight.age > giveUp ? { ...flight, isAwaited: false } : flight,
      );
    return canonical({
      ...state,
      age: Math.min(state.age + 1, oldest),
      lost: state.lost && { ...state.lost, age: Math.min(state.lost.age + 1, oldest) },
      earlier: state.earlier.map(([token, ago]) => [token, ago + 1]),
      flights,
    });
  }

  function jarSet(state: State, token: Token): State {
    return canonical({ ...state, jar: token, earlier: [...state.earlier, [state.jar, 0]] });
  }

  function crash(state: State, token: Token): State {
    const flights = state.flights.flatMap((flight) =>
      flight.kind === 'request' ? [{ ...flight, isAwaited: false }] : [],
    );
    return canonical({ ...state, jar: token, earlier: [], flights });
  }

  /** One spelling of states that mean the same. */
  function canonical(state: State): State {
    const latest = new Map<Token, number>();
    for (const [token, ago] of state.earlier)
      if (ago <= world.rollback && token !== state.jar)
        latest.set(token, Math.min(ago, latest.get(token) ?? Infinity));
    const text = (flight: unknown) => JSON.stringify(flight);
    return {
      age: state.age,
      jar: state.jar,
      earlier: [...latest].sort(),
      flights: [...state.flights].sort((a, b) => (text(a) < text(b) ? -1 : 1)),
      ...(world.loss && state.moved && state.age <= world.loss.within && { moved: state.moved }),
      ...(state.lost && { lost: state.lost }),
    };
  }

  return { start: { age: 0, jar: 'current', earlier: [], flights: [] }, steps };
}
