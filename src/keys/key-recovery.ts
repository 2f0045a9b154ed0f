import { type KeyTimes, put, stateOf } from './key-states.js';

/**
 * What the keys are if the database has lost its last changes, and an instance still knows them. Nothing that happened is
 * taken back: least of all a revocation.
 */
export function whenRecovered<Key extends KeyTimes>(
  known: readonly Key[],
  found: readonly Key[],
  now: Date,
): Key[] {
  const lost = known.filter(
    (key) => !found.some(({ kid }) => kid === key.kid) && stateOf(key, now) !== 'expired',
  );
  const merged = found.map((key) => {
    const mine = known.find(({ kid }) => kid === key.kid);
    if (!mine) return key;
    return {
      ...key,
      // A turn is only brought forward: a revoked key left it.
      signsFrom: earlier(key.signsFrom, mine.signsFrom),
      signsUntil: earlier(key.signsUntil, mine.signsUntil),
      revokedAt: key.revokedAt ?? mine.revokedAt,
      tokenLifetime: Math.max(key.tokenLifetime, mine.tokenLifetime),
    };
  });
  return inTurns([...merged, ...lost]);
}

const earlier = (a: Date | null, b: Date | null): Date | null => (a && b ? (a < b ? a : b) : (a ?? b));

/** Each signer makes way for the one that follows, and the last one that is not revoked signs on. */
function inTurns<Key extends KeyTimes>(keys: readonly Key[]): Key[] {
  const signers = keys
    .filter(({ signsFrom }) => signsFrom !== null)
    .sort((a, b) => Number(a.signsFrom) - Number(b.signsFrom));
  const turns = signers.map((key, i) => {
    const follower = signers[i + 1]?.signsFrom ?? null;
    if (follower && (!key.signsUntil || key.signsUntil > follower)) return { ...key, signsUntil: follower };
    return follower || key.revokedAt ? key : { ...key, signsUntil: null };
  });
  return put(keys, ...turns);
}
