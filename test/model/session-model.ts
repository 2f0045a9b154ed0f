/**
 * What DESIGN promises of one session, written down a second time and in other words than the product: an abstract
 * session, in whole seconds, that answers one request after the other.
 */
export interface Row {
  generation: number;
  parent: number;
  /** **Unit** seconds. */
  rotatedAt: number;
}

export interface IssuedToken {
  generation: number;
  /** The generation that it replaced. */
  parent: number;
  issuedAt: number;
  text: string;
}

/** What a refresh is answered with: the generation of the cookie that it sets, or that it sets none. */
export type Outcome = { status: 200; cookie: number | 'none' } | { status: 401 } | { status: 503 };

const GRACE = 30;
const LEAST_WAIT = 70;
const LONGEST_WAIT = 100;
const ROTATE_AFTER = 120;

/** A session; undefined once it has ended. */
export type Session = Row | undefined;

/** All that may happen, with the session after it: one thing, but for the part of the wait that is random. */
export function refreshed(
  session: Session,
  token: Omit<IssuedToken, 'text'>,
  now: number,
): [Outcome, Session][] {
  if (!session) return [[{ status: 401 }, undefined]];
  const { generation, parent, rotatedAt } = session;
  const ended: [Outcome, Session] = [{ status: 401 }, undefined];
  const moved = (next: number, from: number): [Outcome, Session] => [
    { status: 200, cookie: next },
    { generation: next, parent: from, rotatedAt: now },
  ];
  const isOfTheFuture =
    token.generation > generation || (token.generation === generation && token.issuedAt > rotatedAt);
  if (isOfTheFuture)
    return [
      now - token.issuedAt < ROTATE_AFTER
        ? [
            { status: 200, cookie: 'none' },
            { generation: token.generation, parent: token.parent, rotatedAt: token.issuedAt },
          ]
        : moved(token.generation + 1, token.generation),
    ];

  const age = now - rotatedAt;
  if (token.generation === generation && token.issuedAt === rotatedAt)
    return [
      age < ROTATE_AFTER ? [{ status: 200, cookie: 'none' }, session] : moved(generation + 1, generation),
    ];
  // The parent, or a sibling of the current token: the database was set back, and issued the number again.
  if (token.generation !== parent && token.generation !== generation) return [ended];
  const wait: [Outcome, Session] = [{ status: 503 }, session];
  if (age <= GRACE) return [[{ status: 200, cookie: generation }, session]];
  if (age <= LEAST_WAIT) return [wait];
  return age <= LONGEST_WAIT
    ? [wait, moved(generation + 1, token.generation)]
    : [moved(generation + 1, token.generation)];
}

/** Whether several requests at once were answered as if they had come one after the other, in some order. */
export function inSomeOrder(
  session: Session,
  requests: readonly { token: IssuedToken; outcome: Outcome }[],
  now: number,
): Session[] {
  if (requests.length === 0) return [session];
  return requests.flatMap(({ token, outcome }, index) =>
    refreshed(session, token, now)
      .filter(([predicted]) => JSON.stringify(predicted) === JSON.stringify(outcome))
      .flatMap(([, after]) =>
        inSomeOrder(
          after,
          requests.filter((_, i) => i !== index),
          now,
        ),
      ),
  );
}
