// Makes one folder of the embedded database, of which every test file takes a copy.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

export default async function makeEmbedded() {
  execFileSync(process.execPath, ['scripts/build-if-needed.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'tokenjar-embedded-'));
  const loadDataDir = new Blob([await readFile('dist/database/seed.tar.gz')]);
  const db = await PGlite.create({ dataDir: join(folder, 'postgres'), loadDataDir });
  await db.close();
  process.env.TEST_EMBEDDED = folder;
}
