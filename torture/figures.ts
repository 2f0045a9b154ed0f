import { type Exchange, firstSeen, type SessionHistory, type Token } from './history.js';
import type { Run } from './run.js';
import { caughtAt, type Outcome, outcomeOf } from './thefts.js';
import type { Breach, Rules } from './verdict.js';

/** The outcome of a refresh, as far as responses show it. */
export type Kind =
  | 'keep'
  | 'rotate'
  | 'repeat'
  | 'reissue'
  | 'wait'
  | 'refused'
  | 'unproven'
  | 'unavailable'
  | 'unanswered'
  | 'other';

/** The figures of a run. */
export interface Figures {
  seconds: number;
  /** See {@link Run}. */
  hiccup: number;
  sessions: number;
  refreshes: number;
  perSecond: number;
  kinds: Partial<Record<Kind, number>>;
  /** Responses with 200 that no client received. */
  lost: number;
  /** Sessions that are bound to a key. */
  bound: number;
  crashes: number;
  /** Browsers that refreshed at one moment, 64 each time; and most sessions that one statement took then. */
  herds: { times: number; most: number };
  faults: Record<string, number>;
  thefts: Record<Outcome, number>;
  /** From the first use of the stolen token to the end. **Unit** milliseconds. */
  caughtAfter: { median: number; longest: number };
  revocations: { watched: number; latest: number };
  rows: { before: Record<string, number>; after: Record<string, number> };
  breaches: Partial<Record<Breach, number>>;
}

export function figuresOf({ history, violations, rows, span, hiccup }: Run, rules: Rules): Figures {
  const kinds: Partial<Record<Kind, number>> = {};
  let lost = 0;
  for (const session of history.sessions)
    for (const [exchange, kind] of kindsOf(session)) {
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      if (exchange.status === 200 && !exchange.isDelivered) lost++;
    }
  const refreshes = (['keep', 'rotate', 'repeat', 'reissue'] as const).reduce(
    (n, kind) => n + (kinds[kind] ?? 0),
    0,
  );
  const robbed = history.sessions.filter(({ theft }) => theft);
  const thefts: Record<Outcome, number> = {
    caught: 0,
    shut_out: 0,
    in_step: 0,
    not_back: 0,
    unused: 0,
    missed: 0,
  };
  for (const session of robbed) thefts[outcomeOf(session, rules)]++;
  const seconds = (span[1] - span[0]) / 1000;
  const latest = history.revocations.map(
    ({ answeredAt, lastAcceptedAt = answeredAt }) => lastAcceptedAt - answeredAt,
  );
  return {
    seconds: Math.round(seconds),
    hiccup: Math.round(hiccup),
    sessions: history.sessions.length,
    refreshes,
    perSecond: Math.round(refreshes / seconds),
    kinds,
    lost,
    bound: history.sessions.filter(({ boundAt }) => boundAt !== undefined).length,
    crashes: history.crashes.length,
    herds: { times: history.herds.length, most: Math.max(0, ...history.herds.map(({ most }) => most)) },
    faults: countBy(history.faults.map(({ kind }) => kind)),
    thefts,
    caughtAfter: spread(robbed.filter((session) => outcomeOf(session, rules) === 'caught').map(timeToCatch)),
    revocations: { watched: latest.length, latest: Math.round(Math.max(0, ...latest)) },
    rows,
    breaches: countBy(violations.map(({ breach }) => breach)),
  };
}

/** Each refresh of a session and its outcome: a token seen for the first time distinguishes a rotation from a repeat. */
export function kindsOf(session: SessionHistory): [Exchange, Kind][] {
  const seen = firstSeen(session);
  const children = new Map<Token, Token>();
  const counted = new Set<Token>();
  const inOrder = session.exchanges
    .filter(({ asked }) => asked === 'refresh')
    .sort((a, b) => (a.answeredAt ?? a.sentAt) - (b.answeredAt ?? b.sentAt));
  return inOrder.map((exchange) => {
    const { status, token, issued, answeredAt } = exchange;
    if (answeredAt === undefined) return [exchange, 'unanswered'];
    if (status === 503) return [exchange, exchange.code === 'refresh_pending' ? 'wait' : 'unavailable'];
    if (status === 401) return [exchange, 'refused'];
    if (status === 403) return [exchange, 'unproven'];
    if (status !== 200) return [exchange, 'other'];
    if (issued === undefined || issued === token) return [exchange, 'keep'];
    if (counted.has(issued) || seen.get(issued) !== answeredAt) return [exchange, 'repeat'];
    counted.add(issued);
    const isSecond = children.has(token);
    children.set(token, issued);
    return [exchange, isSecond ? 'reissue' : 'rotate'];
  });
}

function timeToCatch(session: SessionHistory): number {
  const uses = session.exchanges.filter(({ holder }) => holder === 'thief').map(({ sentAt }) => sentAt);
  return Math.max(0, (caughtAt(session) ?? 0) - Math.min(...uses, Infinity));
}

function spread(times: number[]): { median: number; longest: number } {
  const sorted = times.sort((a, b) => a - b);
  return {
    median: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    longest: Math.round(sorted.at(-1) ?? 0),
  };
}

function countBy<Name extends string>(names: Name[]): Partial<Record<Name, number>> & Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts as Partial<Record<Name, number>> & Record<string, number>;
}
