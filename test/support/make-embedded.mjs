// Makes one directory of the embedded database, of which every test file takes a copy.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { unpackSeed } from '../../src/database/unpack-seed.js';
import { QUICK_DIRECTORY } from './quick-directory.mjs';

export default async function makeEmbedded() {
  execFileSync(process.execPath, ['scripts/build-if-needed.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const directory = mkdtempSync(join(QUICK_DIRECTORY, 'tokenjar-embedded-'));
  await unpackSeed('dist/database/seed.tar.gz', join(directory, 'postgres'));
  process.env.TEST_EMBEDDED = directory;
}
