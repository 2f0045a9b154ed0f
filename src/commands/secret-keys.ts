import { readSecretEnvironment } from '../config/env.js';
import { findSecretKey } from '../config/secret-key.js';
import { CommandError } from './command-error.js';

/**
 * The secret keys of the server, the current one first: those of the environment, or the one that a trial keeps in
 * `DATA_DIR`. @throws {CommandError} if there is none.
 */
export async function secretKeys(): Promise<[string, ...string[]]> {
  const { secretKey, secretKeyFallbacks, dataDir } = readSecretEnvironment();
  const current = secretKey ?? (await findSecretKey(dataDir));
  if (current === undefined)
    throw new CommandError(
      'SECRET_KEY: is not set; this command needs that of the server, and SECRET_KEY_FALLBACKS',
    );
  return [current, ...secretKeyFallbacks];
}
