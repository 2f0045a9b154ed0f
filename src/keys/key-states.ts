import type { Algorithm } from '../tokens/key-ring.js';
import { KeyRefusal } from './key-refusal.js';

/** How long others may keep what `/.well-known/jwks.json` returns. **Unit** seconds. */
export const JWKS_MAX_AGE = 300;
/**
 * How long a key is published before it signs: twice {@link JWKS_MAX_AGE}, because a cache in between may hand on a copy
 * that is as old. Libraries that do not read the header keep the keys for ten minutes at most by default. **Unit** seconds.
 */
export const PUBLISHED_FOR = 2 * JWKS_MAX_AGE;
/** How far ahead a change of keys is announced, so that all instances make it at the same moment. **Unit** milliseconds. */
export const LEAD_MS = 1000;
/** What a clock may be behind that of another instance. **Unit** milliseconds. */
const BEHIND_MS = 5000;
/** How much longer a retired key verifies: clocks differ, and a request may be in progress. **Unit** seconds. */
const SLACK = 60;

/**
 * What is known of a signing key besides its secret. What it does at a time follows from its times alone, so every
 * instance says the same.
 */
export interface KeyTimes {
  kid: string;
  algorithm: Algorithm;
  isImported: boolean;
  /** Since when it is published. */
  createdAt: Date;
  /** When it is its turn; null if that is not decided. */
  signsFrom: Date | null;
  signsUntil: Date | null;
  revokedAt: Date | null;
  /** The longest that a token it signs is accepted, leeway included. **Unit** seconds. */
  tokenLifetime: number;
}

/** `expired` keys have signed no token that is still alive. */
export type KeyState = 'next' | 'current' | 'retired' | 'expired' | 'revoked';

/** Makes a key that is inserted if the plan is carried out. */
export type MakeKey = (algorithm: Algorithm) => Pick<KeyTimes, 'kid' | 'algorithm'>;

export const isShared = (algorithm: Algorithm): boolean => algorithm.startsWith('HS');

/** The row of a secret that comes from `SECRET_KEY`: one per algorithm. Tokens of it name no key. */
export const sharedKid = (algorithm: Algorithm): string => `SECRET_KEY ${algorithm}`;

/** **Unit** milliseconds since 1970. */
export const verifiesUntil = ({ signsUntil, tokenLifetime }: KeyTimes): number =>
  signsUntil === null ? Infinity : signsUntil.getTime() + (tokenLifetime + SLACK) * 1000;

export function stateOf(key: KeyTimes, now: Date): KeyState {
  if (key.revokedAt) return 'revoked';
  if (!key.signsFrom || key.signsFrom > now) return 'next';
  if (!key.signsUntil || key.signsUntil > now) return 'current';
  return verifiesUntil(key) > now.getTime() ? 'retired' : 'expired';
}

export const currentOf = <Key extends KeyTimes>(keys: readonly Key[], now: Date): Key | undefined =>
  keys.find((key) => stateOf(key, now) === 'current');

/** The one whose turn is decided, but has not come. */
export const pendingOf = <Key extends KeyTimes>(keys: readonly Key[], now: Date): Key | undefined =>
  keys.find((key) => stateOf(key, now) === 'next' && key.signsFrom !== null);

/** A clock that is behind by some milliseconds may find the key that signs as one that will: then it is that moment. */
function momentIn(keys: readonly KeyTimes[], now: Date): Date {
  const begins = pendingOf(keys, now)?.signsFrom;
  const isNear = begins && begins.getTime() - now.getTime() <= BEHIND_MS;
  return isNear && !currentOf(keys, now) ? begins : now;
}

/** Whether the schedule asks for another key. @param every **Unit** seconds; 0 for never. */
export function isDue(keys: readonly KeyTimes[], now: Date, every: number): boolean {
  const current = currentOf(keys, now);
  if (every === 0 || !current?.signsFrom || isShared(current.algorithm) || pendingOf(keys, now)) return false;
  return current.signsFrom.getTime() + every * 1000 <= now.getTime();
}

/**
 * What an instance finds or makes when it starts: a key that signs, and one that signs next. If the key that signs is for
 * another algorithm, one for `algorithm` takes its turn once it has been published for long enough. The last start counts.
 */
export function whenStarted(
  given: readonly KeyTimes[],
  algorithm: Algorithm,
  clockTime: Date,
  make: MakeKey,
): KeyTimes[] {
  const now = momentIn(given, clockTime);
  let keys = [...given];
  const current = currentOf(keys, now);
  const pending = pendingOf(keys, now);
  if (!current) {
    const [first, all] = nextOrNew(keys, algorithm, now, make);
    return withNext(
      put(all, { ...first, signsFrom: now, signsUntil: pending?.signsFrom ?? null }),
      now,
      make,
    );
  }
  if ((pending ?? current).algorithm === algorithm) return withNext(keys, now, make);
  if (pending) keys = put(keys, { ...pending, signsFrom: null }, { ...current, signsUntil: null });
  if (current.algorithm === algorithm) return withNext(keys, now, make);
  const [next, all] = nextOrNew(keys, algorithm, now, make);
  return withNext(followedBy(all, { ...current, signsUntil: null }, next, now), now, make);
}

/** The next key takes its turn, and another one is published. @throws {KeyRefusal} */
export function whenRotated(given: readonly KeyTimes[], clockTime: Date, make: MakeKey): KeyTimes[] {
  const now = momentIn(given, clockTime);
  const current = currentOf(given, now);
  const pending = pendingOf(given, now);
  if (!current) throw new KeyRefusal('unknown', 'current');
  if (pending) throw new KeyRefusal('pending', pending.kid);
  if (isShared(current.algorithm)) throw new KeyRefusal('from_secret_key', current.algorithm);
  const [next, keys] = nextOrNew(given, current.algorithm, now, make);
  return withNext(followedBy(keys, current, next, now), now, make);
}

/** Everything that a key signed is refused from now on. If it is the one that signs, the next one signs at once. @throws {KeyRefusal} */
export function whenRevoked(
  given: readonly KeyTimes[],
  kid: string,
  clockTime: Date,
  make: MakeKey,
): KeyTimes[] {
  const now = momentIn(given, clockTime);
  const key = given.find((each) => each.kid === kid);
  if (!key) throw new KeyRefusal('unknown', kid);
  if (key.revokedAt) throw new KeyRefusal('revoked', kid);
  if (isShared(key.algorithm)) throw new KeyRefusal('from_secret_key', key.algorithm);
  const current = currentOf(given, now);
  const pending = pendingOf(given, now);
  let keys = put(given, { ...key, revokedAt: now });
  if (key === pending && current)
    keys = put(keys, { ...pending, signsFrom: null, revokedAt: now }, { ...current, signsUntil: null });
  if (key !== current) return withNext(keys, now, make);
  keys = put(keys, { ...key, signsUntil: now, revokedAt: now });
  const [successor, all] = pending
    ? [pending, keys]
    : nextOrNew(keys, key.algorithm, now, make, { isUrgent: true });
  return withNext(put(all, { ...successor, signsFrom: now, signsUntil: null }), now, make);
}

/**
 * Takes in a key as the next one; as the one that signs if there is none, or if instances sign with it already.
 *
 * @throws {KeyRefusal}
 */
export function whenImported(
  given: readonly KeyTimes[],
  key: Pick<KeyTimes, 'kid' | 'algorithm'>,
  clockTime: Date,
  isInForce: boolean,
): KeyTimes[] {
  const now = momentIn(given, clockTime);
  const same = given.find(({ kid }) => kid === key.kid);
  if (same) throw new KeyRefusal(same.revokedAt ? 'revoked' : 'in_use', key.kid);
  const current = currentOf(given, now);
  const pending = pendingOf(given, now);
  const added = { ...newKey(given, key, now), isImported: true };
  if (!isInForce && current && (pending ?? current).algorithm !== key.algorithm)
    throw new KeyRefusal('other_algorithm', (pending ?? current).algorithm);
  if (!isInForce && current) return [...given, added];
  const before = current ? put(given, { ...current, signsUntil: now }) : [...given];
  const waiting = pending ? put(before, { ...pending, signsFrom: null }) : before;
  return [...waiting, { ...added, signsFrom: now }];
}

/** Tokens may live for longer than others knew when they made the keys. */
export const withLifetime = (keys: readonly KeyTimes[], tokenLifetime: number): KeyTimes[] =>
  keys.map((key) => (key.tokenLifetime < tokenLifetime && !key.revokedAt ? { ...key, tokenLifetime } : key));

/** An imported key comes first. In an emergency, one that others have had the time to read does. */
function nextOrNew(
  keys: readonly KeyTimes[],
  algorithm: Algorithm,
  now: Date,
  make: MakeKey,
  { isUrgent = false } = {},
): [KeyTimes, KeyTimes[]] {
  if (isShared(algorithm)) {
    const kid = sharedKid(algorithm);
    const shared = keys.find((key) => key.kid === kid) ?? newKey(keys, { kid, algorithm }, now);
    return [shared, put(keys, shared)];
  }
  const waiting = keys.filter(
    (key) => key.algorithm === algorithm && stateOf(key, now) === 'next' && key.signsFrom === null,
  );
  const rank = (key: KeyTimes): number =>
    Number(isUrgent && ripeAt(key) > now.getTime()) * 2 + Number(!key.isImported);
  const [first] = waiting.sort((a, b) => rank(a) - rank(b) || Number(a.createdAt) - Number(b.createdAt));
  if (first) return [first, [...keys]];
  const made = newKey(keys, make(algorithm), now);
  return [made, [...keys, made]];
}

/** Everything but a shared secret is published before it signs. **Unit** milliseconds since 1970. */
const ripeAt = ({ algorithm, createdAt }: KeyTimes): number =>
  isShared(algorithm) ? 0 : createdAt.getTime() + PUBLISHED_FOR * 1000;

function followedBy(keys: readonly KeyTimes[], current: KeyTimes, next: KeyTimes, now: Date): KeyTimes[] {
  const turn = new Date(Math.max(now.getTime() + LEAD_MS, ripeAt(next)));
  return put(keys, { ...current, signsUntil: turn }, { ...next, signsFrom: turn, signsUntil: null });
}

/** There is always a next key of the algorithm that is to sign. */
function withNext(keys: readonly KeyTimes[], now: Date, make: MakeKey): KeyTimes[] {
  const algorithm = (pendingOf(keys, now) ?? currentOf(keys, now))?.algorithm;
  if (algorithm === undefined || isShared(algorithm)) return [...keys];
  const isThere = keys.some(
    (key) => key.algorithm === algorithm && stateOf(key, now) === 'next' && key.signsFrom === null,
  );
  return isThere ? [...keys] : [...keys, newKey(keys, make(algorithm), now)];
}

const newKey = (
  keys: readonly KeyTimes[],
  { kid, algorithm }: Pick<KeyTimes, 'kid' | 'algorithm'>,
  now: Date,
): KeyTimes => ({
  ...{ kid, algorithm, isImported: false, createdAt: now },
  ...{ signsFrom: null, signsUntil: null, revokedAt: null },
  tokenLifetime: Math.max(0, ...keys.map(({ tokenLifetime }) => tokenLifetime)),
});

/** Replaces keys by their IDs, and adds those that are new. */
export function put<Key extends KeyTimes>(keys: readonly Key[], ...changed: Key[]): Key[] {
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  for (const key of changed) byKid.set(key.kid, key);
  return [...byKid.values()];
}
