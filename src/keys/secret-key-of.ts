import { Logger } from '@nestjs/common';
import type { Options } from '../config/options.js';
import { keptSecretKey } from '../config/secret-key.js';

/** The key of the settings, or the one that is kept beside the embedded database, for trials. */
export async function secretKeyOf(options: Options): Promise<string> {
  if (options.secretKey !== undefined) return options.secretKey;
  const { secretKey, isNew } = await keptSecretKey(options.dataDir);
  new Logger('Tokenjar').warn(
    `SECRET_KEY is not set: using the one ${isNew ? 'made and kept' : 'kept'} in ${options.dataDir}, for trials`,
  );
  return secretKey;
}
