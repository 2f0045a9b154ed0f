/**
 * The rules of a refresh: a pure function of the session's row, the presented token and the time.
 *
 * `docs/decisions/0001-refresh-rules.md` explains why these rules are all needed. In short: bearer tokens can be
 * copied, responses get lost and browsers crash, so the rules tolerate everything that an honest browser can do, and
 * end the session at the first event that requires a second holder.
 *
 * **Source** RFC 9700 §4.14.2 (rotation and reuse); ASVS 5.0 10.4.5.
 */

/** The row of a session, as far as it concerns its refresh token. */
export interface SessionState {
  generation: number;
  parentGeneration: number;
  rotatedAt: Date;
  idleExpiresAt: Date;
  absoluteExpiresAt: Date;
}

/** The relevant part of the presented token. */
export interface PresentedToken {
  generation: number;
  /** **Unit** seconds since 1970. */
  issuedAt: number;
}

/** **Unit** seconds. */
export interface RefreshRules {
  /** The age from which a token is replaced; infinite without rotation. */
  rotateAfter: number;
  /** How long after a rotation the replaced token gets its successor; 0 in the strict profile. */
  grace: number;
  /** How long a client waits for a response. */
  giveUp: number;
  leeway: number;
}

/** The generation of what stands before the first token: a refresh token of the system that users came from. */
const LEGACY = 0;
const FIRST = 1;

export type Verdict =
  /** The token is current and young: issue an access token, nothing else. */
  | 'keep'
  /** The token is current and old: replace it. */
  | 'rotate'
  /** It was replaced just now: the response was lost, or another tab was faster. Return the current token again. */
  | 'repeat'
  /** Its successor may still be in transit: the client should retry later. */
  | 'wait'
  /** Its successor was never used, so it never arrived or somebody else has it: issue another one. */
  | 'reissue'
  /** It is newer than the row: the database was set back to an earlier state, and we did issue this token. */
  | 'adopt'
  /** A displaced sibling of the current token: there are two holders. */
  | 'reuse_orphan'
  /** An old copy. */
  | 'reuse_ancestor'
  | 'expired';

/**
 * Judges a refresh.
 *
 * @param spread the random part of the wait that applies to this rotation, 0 to 1. It must be the same for every
 * request about one rotation and unpredictable from outside, so that a thief cannot tell when to retry.
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
  // What another system issued names the session that it began, until the session's first token is replaced: a client
  // that has not seen that token, such as another tab, has nothing else.
  if (token.generation === LEGACY && generation === FIRST) return 'repeat';
  const rotatedSecond = Math.floor(rotatedAt.getTime() / 1000);

  if (token.generation > generation) return 'adopt';
  if (token.generation === generation) {
    if (token.issuedAt > rotatedSecond) return 'adopt';
    if (token.issuedAt === rotatedSecond) return isDue(token, now, rules) ? 'rotate' : 'keep';
    if (rules.grace === 0) return 'reuse_orphan';
  }
  // The same generation with an earlier birth: the database was set back, and issued it again to whoever had the parent,
  // such as another tab. It may be all that an honest browser has, as the parent may be.
  if (token.generation === generation || (token.generation === parentGeneration && rules.grace > 0)) {
    const age = (now.getTime() - rotatedAt.getTime()) / 1000;
    if (age <= rules.grace) return 'repeat';
    if (age <= rules.grace + 2 * rules.giveUp + 1.5 * rules.giveUp * spread) return 'wait';
    return 'reissue';
  }
  return token.generation > parentGeneration ? 'reuse_orphan' : 'reuse_ancestor';
}

/**
 * Whether the token, if current, is to be replaced. This depends on the token alone, so either case takes one
 * statement.
 */
export function isDue(token: PresentedToken, now: Date, { rotateAfter, grace }: RefreshRules): boolean {
  if (token.generation === LEGACY) return false;
  // In the strict profile every refresh uses up the token.
  if (grace === 0 && rotateAfter !== Infinity) return true;
  return now.getTime() / 1000 - token.issuedAt >= rotateAfter;
}

/** The age from which a refresh token may be replaced; undefined without rotation. **Unit** seconds. */
export function rotationAge(options: {
  rotateRefreshTokens: boolean;
  refreshRotateAfter: number;
  refreshGrace: number;
}): number | undefined {
  if (!options.rotateRefreshTokens) return undefined;
  return options.refreshGrace === 0 ? 0 : options.refreshRotateAfter;
}

/** How long a session lives without a refresh. **Unit** seconds. */
export const idleLifetime = (
  isRemembered: boolean,
  {
    refreshTokenLifetime,
    unrememberedLifetime,
  }: { refreshTokenLifetime: number; unrememberedLifetime: number },
): number => (isRemembered ? refreshTokenLifetime : Math.min(refreshTokenLifetime, unrememberedLifetime));

/** Whether a session is within its idle and absolute lifetimes. */
function isLive(
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
