import { randomInt } from 'node:crypto';
import { epochSeconds } from '../clock.js';
import type { Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { ACTING_LIFETIME, type Actor } from './actor.js';

type LifetimeOptions = Pick<Options, 'accessTokenLifetime' | 'accessTokenJitter' | 'leeway'>;

/** How long a new access token lives: less by a random part, so that refreshes do not come in waves. **Unit** seconds. */
export function newLifetime(
  { actor }: { actor?: Actor | undefined },
  { accessTokenLifetime, accessTokenJitter }: LifetimeOptions,
): number {
  if (actor) return ACTING_LIFETIME;
  const spread = Math.floor(accessTokenLifetime * accessTokenJitter);
  return Math.max(1, Math.floor(accessTokenLifetime) - (spread > 0 ? randomInt(spread + 1) : 0));
}

/** A token issued when tokens lived longer expires with today's lifetime, as its entry in the blacklist does. **Errors** `token_expired`. */
export function checkLifetime(
  { iat }: { iat: number },
  actor: unknown,
  now: Date,
  { accessTokenLifetime, leeway }: LifetimeOptions,
): void {
  const longest = actor === undefined ? Math.ceil(accessTokenLifetime) : ACTING_LIFETIME;
  if (iat + longest + leeway <= epochSeconds(now)) throw new TokenjarError('token_expired');
}
