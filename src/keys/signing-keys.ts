import { ACTING_LIFETIME } from '../tokens/actor.js';
import type { Options } from '../config/options.js';
import { deriveKey } from '../crypto/derive.js';
import { KeyRing } from '../tokens/key-ring.js';
import type { RefreshTokenKey } from '../tokens/refresh-token.js';
import { TokenUsers } from '../tokens/token-user.js';
import { readOwnKey } from './key-material.js';
import { sharedSecretOf } from './key-secrets.js';
import { isShared, type KeyTimes, whenStarted, withLifetime } from './key-states.js';
import { type KeyStore, type KnownKey, type Plan, ringOf } from './key-store.js';

/** The longest that an access token of this server is accepted. **Unit** seconds. */
export const tokenLifetimeOf = ({
  accessTokenLifetime,
  leeway,
}: Pick<Options, 'accessTokenLifetime' | 'leeway'>): number =>
  Math.ceil(Math.max(accessTokenLifetime, ACTING_LIFETIME) + leeway);

/**
 * Loads the keys of access tokens: `SIGNING_KEY` if it is set, otherwise the keys in the database, the first of which are
 * made here.
 *
 * If the database signs for another `ALGORITHM`, a change to this one is announced there, and all instances make it at once.
 *
 * @param store undefined with `SIGNING_KEY`. @throws {SettingsError} if the keys cannot be used.
 */
export async function openKeyRing(
  options: Options,
  store: KeyStore | undefined,
  now: Date,
): Promise<{ ring: KeyRing; known: readonly KnownKey[] }> {
  const own = readOwnKey(options);
  if (own || !store) return { ring: KeyRing.of(own as NonNullable<typeof own>), known: [] };
  const { algorithm } = options;
  const plan: Plan = (keys, make) =>
    withLifetime(whenStarted(keys, algorithm, now, make), tokenLifetimeOf(options));
  const known = await store.change(plan, recordOfStart(now));
  return { ring: KeyRing.scheduled(ringOf(known)), known };
}

/** A change of the algorithm is recorded as any change of the key that signs; the first keys of a server are not. */
const recordOfStart = (now: Date) => (before: readonly KeyTimes[], after: readonly KeyTimes[]) => {
  const signer = (keys: readonly KeyTimes[]) =>
    keys
      .filter(({ signsFrom, signsUntil, revokedAt }) => signsFrom && !signsUntil && !revokedAt)
      .sort((a, b) => Number(b.signsFrom) - Number(a.signsFrom))[0];
  const [was, is] = [signer(before), signer(after)];
  if (!was || !is || was.kid === is.kid || is.createdAt > now) return undefined;
  return { event: 'signing_key_rotated', outcome: 'success', reason: is.kid } as const;
};

/** How tokens name users. */
export const tokenUsersOf = (
  options: Pick<Options, 'userId' | 'tokenFormat' | 'secretKeyFallbacks'>,
  secretKey: string,
): TokenUsers =>
  new TokenUsers(options, [
    deriveKey(secretKey, 'user reference'),
    ...options.secretKeyFallbacks.map((former) => deriveKey(former, 'user reference')),
  ]);

/** The key of the refresh tokens. In simplejwt's format with HS* it is that of the access tokens. */
export function refreshKeyOf(options: Options, secretKey: string): RefreshTokenKey {
  const { algorithm, tokenFormat } = options;
  if (tokenFormat === 'simplejwt' && isHmac(algorithm))
    return { key: readOwnKey(options)?.privateKey ?? sharedSecretOf(tokenFormat, secretKey), algorithm };
  return derivedRefreshKey(secretKey);
}

/**
 * Former keys of refresh tokens: those of former secrets. In simplejwt's format also those that another `ALGORITHM` means,
 * so that a change between shared secrets and key pairs signs nobody out. Between two HS* it does, as there: simplejwt
 * accepts no other than its own.
 */
export function formerRefreshKeysOf(options: Options, secretKey: string): RefreshTokenKey[] {
  const { secretKeyFallbacks, tokenFormat, signingKey } = options;
  const secrets = [secretKey, ...secretKeyFallbacks];
  const asNow = secretKeyFallbacks.map((former) => refreshKeyOf(options, former));
  if (tokenFormat !== 'simplejwt' || signingKey !== undefined) return asNow;
  const shared = isHmac(options.algorithm)
    ? []
    : secrets.flatMap((each) =>
        HMACS.map((algorithm) => ({ key: sharedSecretOf(tokenFormat, each), algorithm })),
      );
  return [...asNow, ...shared, ...secrets.map(derivedRefreshKey)];
}

const HMACS = ['HS256', 'HS384', 'HS512'] as const;

const isHmac = (algorithm: Options['algorithm']): algorithm is (typeof HMACS)[number] => isShared(algorithm);

const derivedRefreshKey = (secretKey: string): RefreshTokenKey => ({
  key: deriveKey(secretKey, 'refresh token'),
  algorithm: 'HS256',
});
