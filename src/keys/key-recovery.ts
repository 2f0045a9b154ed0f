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
  return inTurns([...merged, ...lost], now);
}

const earlier = (a: Date | null, b: Date | null): Date | null => (a && b ? (a < b ? a : b) : (a ?? b));

/** Each signer makes way for the one that follows, and the last one that is not revoked signs on. One may wait for its turn. */
function inTurns<Key extends KeyTimes>(given: readonly Key[], now: Date): Key[] {
  const signers = given
    .filter(({ signsFrom }) => signsFrom !== null)
    .sort((a, b) => Number(a.signsFrom) - Number(b.signsFrom));
  const waiting = signers.filter((key) => stateOf(key, now) === 'next');
  const superseded = waiting.slice(0, -1);
  const all = signers.filter((key) => !superseded.includes(key));
  const turns = all.map((key, i) => {
    const follower = all[i + 1]?.signsFrom ?? null;
    return follower || !key.revokedAt ? { ...key, signsUntil: follower } : key;
  });
  return put(given, ...turns, ...superseded.map((key) => ({ ...key, signsFrom: null, signsUntil: null })));
}
