import type { RefreshRules, Verdict } from '../../src/users/sessions/refresh-rules.js';
import type { System, Violation } from './explore.js';
import { afterReissue, afterRotation, TICK, type Token, verdictOn } from './judged.js';

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
    const verdict = world.instead?.(judged) ?? judged;
    const name = `the ${request.token} token, sent ${request.age * TICK} s ago, is judged: ${verdict}`;
    const answer = (cookie: Token | null) =>
      request.isAwaited ? [{ kind: 'answer', cookie, age: request.age } as const] : [];
    const moved = (change: (token: Token) => Token): State => ({
      age: 0,
      jar: change(state.jar),
      earlier: state.earlier.map(([token, ago]) => [change(token), ago]),
      flights: [
        ...state.flights.map((flight) =>
          flight.kind === 'request'
            ? { ...flight, token: change(flight.token) }
            : { ...flight, cookie: flight.cookie && change(flight.cookie) },
        ),
        ...answer('current'),
      ],
    });
    const isDropped = world.hasGuard && !request.isAwaited;
    if (verdict === 'keep')
      yield [
        name,
        { ...state, flights: [...state.flights, ...answer(world.keepSetsCookie ? 'current' : null)] },
      ];
    else if (verdict === 'repeat')
      yield [name, { ...state, flights: [...state.flights, ...answer('current')] }];
    else if (verdict === 'rotate') yield [name, canonical(moved(afterRotation))];
    else if (verdict === 'wait') yield [name, state];
    else if (isDropped) yield [`${name}, and dropped`, state];
    else if (verdict === 'reissue') yield [name, canonical(moved(afterReissue))];
    else yield [name, { violation: 'the session of an honest browser ends' }];
  }

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
    };
  }

  return { start: { age: 0, jar: 'current', earlier: [], flights: [] }, steps };
}
