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
    // Who knows that a key is revoked knows what its turn was: it may never have come.
    const { signsFrom, signsUntil } = key.revokedAt ? key : mine.revokedAt ? mine : turnOf(key, mine);
    return {
      ...key,
      signsFrom,
      signsUntil,
      revokedAt: key.revokedAt ?? mine.revokedAt,
      tokenLifetime: Math.max(key.tokenLifetime, mine.tokenLifetime),
    };
  });
  return inTurns([...merged, ...lost], now).map((key) => {
    const mine = known.find(({ kid }) => kid === key.kid);
    return mine ? { ...key, signsUntil: noEarlier(key, mine, now) } : key;
  });
}

/** A key that went on signing because its turn was prolonged, which is lost: what it signed until now is verified. */
function noEarlier(key: KeyTimes, mine: KeyTimes, now: Date): Date | null {
  if (!key.signsUntil || !mine.signsFrom || mine.signsFrom > now || key.revokedAt) return key.signsUntil;
  const signedUntil = mine.signsUntil && mine.signsUntil < now ? mine.signsUntil : now;
  return key.signsUntil > signedUntil ? key.signsUntil : signedUntil;
}

/** It is only brought forward. */
const turnOf = (found: KeyTimes, known: KeyTimes): Pick<KeyTimes, 'signsFrom' | 'signsUntil'> => ({
  signsFrom: earlier(found.signsFrom, known.signsFrom),
  signsUntil: earlier(found.signsUntil, known.signsUntil),
});

const earlier = (a: Date | null, b: Date | null): Date | null => (a && b ? (a < b ? a : b) : (a ?? b));

/**
 * Each signer makes way for the one that follows, and the last one signs on. One may wait for its turn. A revoked key takes
 * part no more: who revoked it has said who signs in its place.
 */
function inTurns<Key extends KeyTimes>(given: readonly Key[], now: Date): Key[] {
  const signers = given
    .filter(({ signsFrom, revokedAt }) => signsFrom !== null && revokedAt === null)
    .sort((a, b) => Number(a.signsFrom) - Number(b.signsFrom));
  const waiting = signers.filter((key) => stateOf(key, now) === 'next');
  const superseded = waiting.slice(0, -1);
  const all = signers.filter((key) => !superseded.includes(key));
  const turns = all.map((key, i) => ({ ...key, signsUntil: all[i + 1]?.signsFrom ?? null }));
  return put(given, ...turns, ...superseded.map((key) => ({ ...key, signsFrom: null, signsUntil: null })));
}
