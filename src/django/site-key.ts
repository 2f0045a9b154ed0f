import { createSecretKey, type KeyObject } from 'node:crypto';
import { SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';
import { readOwnKey, readVerifyingKey } from '../keys/key-material.js';
import { isShared } from '../keys/key-states.js';
import type { Algorithm } from '../tokens/key-ring.js';

/** How the tokens of the Django site were signed, and what they have to say. */
export interface SiteTokenRules {
  key: KeyObject;
  algorithm: Algorithm;
  /** Whether our own tokens are signed with the same key. */
  isOwnKey: boolean;
  userIdClaim: string;
  jtiClaim: string;
  typeClaim: string;
  /** Undefined unless tokens are bound to the password. */
  revokeClaim: string | undefined;
  issuer: string;
  audience: readonly string[];
  /** **Unit** seconds. */
  leeway: number;
  /** Which ID is shown of its users. */
  userId: Options['userId'];
}

/**
 * What the settings say of the tokens of the Django site; undefined if none are to be accepted.
 *
 * In simplejwt's format, whatever is not set is as for our own tokens: such a server has the key of the site.
 *
 * @throws {SettingsError} if the key is not one, or not for the algorithm.
 */
export function siteTokenRules(options: Options, secretKey: string): SiteTokenRules | undefined {
  const isSame = options.tokenFormat === 'simplejwt';
  const algorithm = options.djangoAlgorithm ?? (isSame ? options.algorithm : 'HS256');
  const given = givenKey(options, algorithm);
  const key = given ?? (isSame && algorithm === options.algorithm ? ownKey(options, secretKey) : undefined);
  if (!key) return undefined;
  return {
    key,
    algorithm,
    isOwnKey: isSame && (given === undefined || given.equals(ownKey(options, secretKey) ?? given)),
    userIdClaim: options.djangoUserIdClaim ?? (isSame ? options.userIdClaim : 'user_id'),
    jtiClaim: options.djangoJtiClaim,
    typeClaim: options.djangoTokenTypeClaim,
    revokeClaim: options.djangoCheckRevokeToken ? options.djangoRevokeTokenClaim : undefined,
    issuer: options.djangoIssuer ?? (isSame ? options.issuer : ''),
    audience: options.djangoAudience ?? (isSame ? options.audience : []),
    leeway: options.djangoLeeway ?? options.leeway,
    userId: options.userId,
  };
}

function givenKey(
  { djangoSecretKey: secret, djangoVerifyingKey: verifying }: Options,
  algorithm: Algorithm,
): KeyObject | undefined {
  if (secret !== undefined && !isShared(algorithm))
    throw new SettingsError([`DJANGO_SECRET_KEY: ${algorithm} requires DJANGO_VERIFYING_KEY instead`]);
  if (verifying !== undefined && isShared(algorithm))
    throw new SettingsError([`DJANGO_VERIFYING_KEY: ${algorithm} requires DJANGO_SECRET_KEY instead`]);
  if (secret !== undefined) return createSecretKey(Buffer.from(secret));
  return verifying === undefined ? undefined : readVerifyingKey('DJANGO_VERIFYING_KEY', verifying, algorithm);
}

function ownKey(options: Options, secretKey: string): KeyObject | undefined {
  const own = readOwnKey(options);
  if (own) return own.publicKey;
  return isShared(options.algorithm) ? createSecretKey(Buffer.from(secretKey)) : undefined;
}
