import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SettingsError } from './check.js';

/** File under `DATA_DIR`. Mode 0600. */
export const SECRET_KEY_FILE = 'secret.key';

/**
 * Reads the `SECRET_KEY` kept in `dataDir`, or generates one there: for evaluation, if none is set.
 *
 * **Shape** 32 random bytes, base64url.
 */
export async function keptSecretKey(dataDir: string): Promise<{ secretKey: string; isNew: boolean }> {
  const path = join(dataDir, SECRET_KEY_FILE);
  const found = await readIfThere(path);
  if (found) return { secretKey: found, isNew: false };

  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await keepFresh(dataDir, path);
  } catch (error) {
    throw unusable(error);
  }
  const secretKey = await readIfThere(path);
  if (secretKey === undefined)
    throw new SettingsError([`SECRET_KEY: ${path} is empty; restore it, or remove it to generate another`]);
  return { secretKey, isNew: true };
}

/** The `SECRET_KEY` kept in `dataDir`, if there is one. */
export const findSecretKey = (dataDir: string): Promise<string | undefined> =>
  readIfThere(join(dataDir, SECRET_KEY_FILE));

/** Generates a key, unless another process has just done so. */
async function keepFresh(dataDir: string, path: string): Promise<void> {
  const fresh = join(dataDir, `${SECRET_KEY_FILE}.${randomBytes(6).toString('hex')}`);
  const file = await open(fresh, 'wx', 0o600);
  await file.writeFile(randomBytes(32).toString('base64url'));
  // Flushed to disk before it gets its name: a power failure must not leave an empty key.
  await file.sync();
  await file.close();
  try {
    // A link is atomic, and never replaces the key of another process.
    await link(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(fresh, { force: true });
  }
}

const unusable = (error: unknown): SettingsError =>
  new SettingsError([
    `DATA_DIR: the SECRET_KEY stored there cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  ]);

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(error);
  }
}
