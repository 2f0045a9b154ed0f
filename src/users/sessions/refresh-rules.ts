/**
 * The judgement of a refresh: a pure function of the session's row, the token in hand and the time.
 *
 * Why these rules and no fewer stands in `docs/decisions/0001-refresh-rules.md`. In one sentence: a bearer token can
 * be copied, answers get lost and browsers crash, so the rules forgive whatever an honest browser can do and end the
 * session at the first thing that only a second holder can do.
 *
 * **Source** RFC 9700 §4.14.2 (rotation and reuse); ASVS 5.0 10.4.5.
 */

/** What the row of a session says about its refresh token. */
export interface SessionState {
  generation: number;
  parentGeneration: number;
  rotatedAt: Date;
  idleExpiresAt: Date;
  absoluteExpiresAt: Date;
}

/** What matters of the token in hand. */
export interface PresentedToken {
  generation: number;
  /** **Unit** seconds since 1970. */
  issuedAt: number;
}

/** **Unit** seconds. */
export interface RefreshRules {
  /** Age from which a token is replaced; infinite where tokens are not rotated. */
  rotateAfter: number;
  /** How long after a rotation the replaced token fetches its successor; 0 for the strict profile. */
  grace: number;
  /** How long a client waits for an answer. */
  giveUp: number;
  leeway: number;
}

export type Verdict =
  /** The token is current and young: a new access token, nothing else. */
  | 'keep'
  /** The token is current and old: replace it. */
  | 'rotate'
  /** It was replaced just now: the answer was lost, or another tab was faster. The current token again. */
  | 'repeat'
  /** Its successor may still be on its way to somebody: come back later. */
  | 'wait'
  /** Its successor was never used, so it never arrived or somebody else has it: make another one. */
  | 'reissue'
  /** It is newer than the row: the database went back in time, and we did issue this token. */
  | 'adopt'
  /** A displaced sibling of the current token: two holders. */
  | 'reuse_orphan'
  /** An old copy. */
  | 'reuse_ancestor'
  | 'expired';

/**
 * Judges a refresh.
 *
 * @param spread how much of the random part of the wait applies to this rotation, 0 up to 1. It must be the same for
 * every request about one rotation and unknown outside, lest a thief learn when to come.
 */
export function judge(
  session: SessionState,
  token: PresentedToken,
  now: Date,
  rules: RefreshRules,
  spread: number,
): Verdict {
  if (!isLive(session, now, rules.leeway)) return 'expired';
  const { generation, parentGeneration, rotatedAt } = session;
  const rotatedSecond = Math.floor(rotatedAt.getTime() / 1000);

  if (token.generation > generation) return 'adopt';
  if (token.generation === generation) {
    if (token.issuedAt > rotatedSecond) return 'adopt';
    // The same number with an older birth: the database went back and gave it out again.
    if (token.issuedAt < rotatedSecond) return 'reuse_orphan';
    return isDue(token, now, rules) ? 'rotate' : 'keep';
  }
  if (token.generation === parentGeneration && rules.grace > 0) {
    const age = (now.getTime() - rotatedAt.getTime()) / 1000;
    if (age <= rules.grace) return 'repeat';
    if (age <= rules.grace + 2 * rules.giveUp + 1.5 * rules.giveUp * spread) return 'wait';
    return 'reissue';
  }
  return token.generation > parentGeneration ? 'reuse_orphan' : 'reuse_ancestor';
}

/**
 * Whether the token, if it is current, is to be replaced. It can be told from the token alone, which is what makes
 * either case one statement.
 */
export function isDue(token: PresentedToken, now: Date, { rotateAfter, grace }: RefreshRules): boolean {
  // The strict profile has no kept tokens: every refresh is a use, and a use spends the token.
  if (grace === 0 && rotateAfter !== Infinity) return true;
  return now.getTime() / 1000 - token.issuedAt >= rotateAfter;
}

/** Age from which a refresh token may be replaced; undefined where none is. **Unit** seconds. */
export function rotationAge(options: {
  rotateRefreshTokens: boolean;
  refreshRotateAfter: number;
  refreshGrace: number;
}): number | undefined {
  if (!options.rotateRefreshTokens) return undefined;
  return options.refreshGrace === 0 ? 0 : options.refreshRotateAfter;
}

/** Whether a session is within its idle and its absolute lifetime. */
export function isLive(
  session: Pick<SessionState, 'idleExpiresAt' | 'absoluteExpiresAt'>,
  now: Date,
  leeway = 0,
): boolean {
  return expiryOf(session).getTime() + leeway * 1000 > now.getTime();
}

/** When a session ends unless it is refreshed. */
export const expiryOf = ({
  idleExpiresAt,
  absoluteExpiresAt,
}: Pick<SessionState, 'idleExpiresAt' | 'absoluteExpiresAt'>): Date =>
  idleExpiresAt < absoluteExpiresAt ? idleExpiresAt : absoluteExpiresAt;
