// Plain JavaScript, like the worker that uses it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseTar } from 'nanotar';

/**
 * Unpacks the database that the build packed, without starting a database for it.
 *
 * @param {string} seed the file, a tar.gz
 * @param {string} directory must not exist; created for its owner only
 */
export async function unpackSeed(seed, directory) {
  await mkdir(directory, { mode: 0o700 });
  // Directories come before their contents. Larger chunks than zlib's 16 kB, because the archive has 25 MB.
  for (const { name, type, data = '' } of parseTar(gunzipSync(await readFile(seed), { chunkSize: 4 << 20 })))
    if (type === 'directory') await mkdir(join(directory, name), { mode: 0o700 });
    else await writeFile(join(directory, name), data, { mode: 0o600 });
}
