// Makes one directory of the embedded database, of which every test file takes a copy.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackSeed } from '../../src/database/unpack-seed.js';

export default async function makeEmbedded() {
  execFileSync(process.execPath, ['scripts/build-if-needed.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const directory = mkdtempSync(join(tmpdir(), 'tokenjar-embedded-'));
  await unpackSeed('dist/database/seed.tar.gz', join(directory, 'postgres'));
  process.env.TEST_EMBEDDED = directory;
}
