import { type Exchange, firstSeen, type Revocation, type SessionHistory, type Token } from './history.js';

/**
 * The checker: what a history proves against a server, whatever its rules are.
 *
 * It knows one fact about refresh tokens. When a server responds to token x with token y, then at some time between
 * request and response y was current and x its predecessor. A token that was seen before that request and is neither of
 * the two is *displaced* from then on: only a second holder or an old copy can present it. The exact time in between is
 * left open, so nothing is reported that some order of decisions could explain.
 */
export type Breach =
  /** A client was refused although nobody else had used its token. */
  | 'honest_logout'
  /** A displaced token was accepted. */
  | 'displaced_accepted'
  /** The session continued after a displaced token was refused. */
  | 'lived_on'
  /** Two successors of one token were both valid, after both were known. */
  | 'two_successors'
  /** A token was kept beyond its age, so that a copy is never detected. */
  | 'not_replaced'
  /** A copy of the cookies was accepted, though the session was bound to a key and the copy had no proof for its token. */
  | 'copy_accepted'
  /** The server made a browser forget its key, and would not let it in without. */
  | 'key_lost'
  /** A response that is neither success, refusal nor "later". */
  | 'unexpected_answer'
  /** An access token was accepted more than a second after its session was ended. */
  | 'revoked_accepted'
  /** There are more sessions than sign-ins. */
  | 'rows_added';

export interface Violation {
  breach: Breach;
  /** When. **Unit** milliseconds since the run began. */
  at: number;
  sentence: string;
  session?: SessionHistory;
}

export interface Rules {
  /** **Unit** milliseconds. */
  rotateAfter: number;
}

/** Tolerance for whole seconds in tokens and small differences of clocks. **Unit** milliseconds. */
const ROTATION_SLACK = 1000;
/** **Unit** milliseconds. */
const REVOKED_WITHIN = 1000;

export function judgeSession(session: SessionHistory, rules: Rules): Violation[] {
  const seen = firstSeen(session);
  const displacedAt = displacements(session, seen);
  const isDisplaced = ({ token, sentAt }: Exchange) => (displacedAt.get(token) ?? Infinity) <= sentAt;
  const answered = session.exchanges.filter(({ answeredAt }) => answeredAt !== undefined);
  const taken = answered.filter(({ status }) => status === 200);
  const refused = answered.filter(({ asked, status }) => asked === 'refresh' && status === 401);
  const found: Violation[] = [];
  const report = (breach: Breach, exchange: Exchange | undefined, sentence: string) => {
    if (exchange) found.push({ breach, at: exchange.answeredAt ?? exchange.sentAt, sentence, session });
  };

  // A copy that was never presented does no harm, so until its first use the owner is alone; and so is the owner of a
  // session that is bound, until somebody comes with a proof.
  const copies = session.exchanges.filter(({ holder }) => holder === 'thief');
  const shutOut = new Set(copies.filter((use) => isShutOut(session, use)));
  const robbedAt = Math.min(...copies.filter((use) => !shutOut.has(use)).map(({ sentAt }) => sentAt));
  const honest = refused.find(({ answeredAt = Infinity }) => answeredAt < robbedAt);
  report(
    'honest_logout',
    honest,
    `${honest?.by} was refused (${honest?.code}), and nobody else had the token`,
  );

  const letIn = taken.find((use) => shutOut.has(use));
  report('copy_accepted', letIn, `the session is bound, and ${letIn?.by} was let in with a copy`);

  const { keyLostAt = Infinity } = session;
  const locked = answered.find(
    ({ holder, status, sentAt }) => holder === 'owner' && status === 403 && sentAt > keyLostAt,
  );
  report('key_lost', locked, `${locked?.by} was made to forget its key, and is refused for want of a proof`);

  const accepted = taken.find(isDisplaced);
  report(
    'displaced_accepted',
    accepted,
    `a displaced token was taken from ${accepted?.by} (${accepted?.asked})`,
  );

  const endedAt = Math.min(...refused.filter(isDisplaced).map(({ answeredAt = Infinity }) => answeredAt));
  const later = taken.find(({ sentAt }) => sentAt > endedAt);
  report('lived_on', later, `${later?.by} was answered with 200 after a displaced token was refused`);

  const twin = twins(session, seen, taken);
  report('two_successors', twin, `${twin?.by} used one of two successors of a token, and both are good`);

  const stale = taken.find(
    ({ asked, token, issued, sentAt }) =>
      asked === 'refresh' &&
      (issued ?? token) === token &&
      sentAt - (seen.get(token) ?? Infinity) > rules.rotateAfter + ROTATION_SLACK,
  );
  report('not_replaced', stale, `a token beyond its age was left in place for ${stale?.by}`);

  const odd = answered.find(
    ({ status = 0, code }) =>
      ![200, 401, 502, 503].includes(status) && !(status === 403 && code === 'device_proof_required'),
  );
  report('unexpected_answer', odd, `${odd?.by} was answered with ${odd?.status}`);
  return found;
}

/**
 * Whether a use of a copy has to be refused whatever its token is: it was sent after the session was known to be bound, and
 * has no proof, or one from before its token was issued.
 */
function isShutOut({ boundAt = Infinity, theft, exchanges }: SessionHistory, use: Exchange): boolean {
  if (!theft || use.sentAt < boundAt) return false;
  const issued = exchanges.filter((each) => each.issued === use.token && each.answeredAt !== undefined);
  const isNewer = issued.length > 0 && issued.every(({ sentAt }) => sentAt > theft.at);
  return theft.hasProof !== true || isNewer;
}

/** The time from which a token is known to be displaced. */
export function displacements(session: SessionHistory, seen = firstSeen(session)): Map<Token, number> {
  const displaced = new Map<Token, number>();
  for (const { token, issued, sentAt, answeredAt, status } of session.exchanges) {
    if (status !== 200 || issued === undefined || issued === token || answeredAt === undefined) continue;
    for (const [other, seenAt] of seen) {
      if (other === token || other === issued || seenAt > sentAt) continue;
      displaced.set(other, Math.min(displaced.get(other) ?? Infinity, answeredAt));
    }
  }
  return displaced;
}

/** Use of a successor whose sibling was also accepted, each after both were known. */
function twins(session: SessionHistory, seen: Map<Token, number>, taken: Exchange[]): Exchange | undefined {
  const children = new Map<Token, Set<Token>>();
  for (const { token, issued, status } of session.exchanges)
    if (status === 200 && issued !== undefined && issued !== token)
      children.set(token, (children.get(token) ?? new Set()).add(issued));
  for (const siblings of children.values())
    for (const one of siblings)
      for (const other of siblings) {
        if (one >= other) continue;
        // Of three, the first and the second may be valid in turn, each before the next is known.
        const known = Math.max(seen.get(one) ?? Infinity, seen.get(other) ?? Infinity);
        const uses = [one, other].map((sibling) =>
          taken.find(({ token, sentAt }) => token === sibling && sentAt >= known),
        );
        if (uses[0] && uses[1]) return uses[0].sentAt > uses[1].sentAt ? uses[0] : uses[1];
      }
  return undefined;
}

export function judgeRevocations(revocations: Revocation[]): Violation[] {
  return revocations
    .filter(({ answeredAt, lastAcceptedAt = -Infinity }) => lastAcceptedAt - answeredAt > REVOKED_WITHIN)
    .map(({ how, answeredAt, lastAcceptedAt = 0 }) => ({
      breach: 'revoked_accepted',
      at: lastAcceptedAt,
      sentence: `an access token was taken ${Math.round(lastAcceptedAt - answeredAt)} ms after its session was ended (${how})`,
    }));
}

/** @param rows the current and former sessions, according to the database. */
export function judgeRows(
  rows: number,
  signIns: { sent: number; answered: number },
  at: number,
): Violation[] {
  if (rows >= signIns.answered && rows <= signIns.sent) return [];
  const sentence = `${rows} sessions of ${signIns.answered} to ${signIns.sent} sign-ins`;
  return [{ breach: 'rows_added', at, sentence }];
}
