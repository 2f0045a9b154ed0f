// Plain JavaScript like the thread that uses it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseTar } from 'nanotar';

/**
 * Lays out the database that the build packed, without starting one to do it.
 *
 * @param {string} seed the file, a tar.gz
 * @param {string} folder does not exist yet; for its owner only
 */
export async function unpackSeed(seed, folder) {
  await mkdir(folder, { mode: 0o700 });
  // Folders come before what lies in them. Larger steps than zlib's 16 kB: it is 25 MB.
  for (const { name, type, data = '' } of parseTar(gunzipSync(await readFile(seed), { chunkSize: 4 << 20 })))
    if (type === 'directory') await mkdir(join(folder, name), { mode: 0o700 });
    else await writeFile(join(folder, name), data, { mode: 0o600 });
}
