import { SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';
import type { Metrics } from '../measures.js';
import { BreachFilterError } from './breach-filter-file.js';
import { BreachedPasswords } from './breached-passwords.js';
import { HASH_PARAMETERS, type HashParameters, Passwords } from './password.js';

/** @throws {SettingsError} in production, for hashes that cost less than the default. */
export function passwordsOf(
  { databaseUrl, webConcurrency, production, dialect, devisePepper }: Options,
  { passwordHash }: { passwordHash?: HashParameters },
  metrics: Metrics,
): Passwords {
  const isLess = ({ memoryCost, timeCost }: HashParameters) =>
    memoryCost < HASH_PARAMETERS.memoryCost || timeCost < HASH_PARAMETERS.timeCost;
  if (production && passwordHash && isLess(passwordHash))
    throw new SettingsError(['passwordHash: costs less than the default, which is for tests']);
  const settings = {
    pepper: devisePepper,
    // As Django REST framework does with every text.
    areBlanksForgiven: dialect !== 'standard',
  };
  // PostgreSQL in the same process is for trials, on machines of any size: one hash at a time.
  const processes = databaseUrl === undefined ? Infinity : webConcurrency;
  return new Passwords(processes, passwordHash, settings, metrics);
}

/** @throws {SettingsError} for a file that is none of ours. */
export async function breachedPasswordsOf({ breachedPasswords: path }: Options): Promise<BreachedPasswords> {
  if (path === undefined) return BreachedPasswords.none;
  try {
    return await BreachedPasswords.open(path);
  } catch (error) {
    if (!(error instanceof BreachFilterError)) throw error;
    throw new SettingsError([`BREACHED_PASSWORDS: ${error.message}`]);
  }
}
