import type { Exchange, SessionHistory, Token } from './history.js';
import { type Breach, judgeSession, type Rules } from './verdict.js';

/** How a theft ended. */
export type Outcome =
  /** A displaced token was used, and the session is over. */
  | 'caught'
  /** The session is bound to a key, and every use of the copy was refused. */
  | 'shut_out'
  /** The thief never got a response, so there is nothing to detect. */
  | 'unused'
  /** Owner and thief hold the same token: they always refreshed within the grace. */
  | 'in_step'
  /** One of the two holds a displaced token and has not presented it. */
  | 'not_back'
  /** The server violated its guarantee; see the violations. */
  | 'missed';

const MISSED = new Set<Breach>([
  'displaced_accepted',
  'lived_on',
  'two_successors',
  'not_replaced',
  'copy_accepted',
]);

export function outcomeOf(session: SessionHistory, rules: Rules): Outcome {
  const { theft } = session;
  if (!theft) throw new TypeError('nobody was robbed');
  const refreshes = session.exchanges.filter(({ asked }) => asked === 'refresh');
  const since = refreshes.filter(({ sentAt }) => sentAt >= theft.at);
  if (judgeSession(session, rules).some(({ breach }) => MISSED.has(breach))) return 'missed';
  const uses = since.filter(({ holder, status }) => holder === 'thief' && status !== undefined);
  const isUsed = uses.some(({ status }) => status === 200);
  if (!isUsed && uses.some(({ status }) => status === 403)) return 'shut_out';
  if (since.some(({ status }) => status === 401)) return 'caught';
  if (!isUsed) return 'unused';
  const held = (holder: Exchange['holder']) => heldBy(holder, refreshes, session.first);
  return held('owner') === held('thief') ? 'in_step' : 'not_back';
}

/** The last token of a holder. */
function heldBy(holder: Exchange['holder'], refreshes: Exchange[], first: Token): Token {
  let held = first;
  for (const exchange of refreshes) {
    if (exchange.holder !== holder) continue;
    held = (exchange.isDelivered ? exchange.issued : undefined) ?? exchange.token;
  }
  return held;
}

/** When the end of a robbed session was first reported. **Unit** milliseconds since the run began. */
export function caughtAt({ theft, exchanges }: SessionHistory): number | undefined {
  const refused = exchanges.filter(
    ({ asked, status, sentAt }) => asked === 'refresh' && status === 401 && sentAt >= (theft?.at ?? 0),
  );
  return refused.length === 0
    ? undefined
    : Math.min(...refused.map(({ answeredAt = Infinity }) => answeredAt));
}
