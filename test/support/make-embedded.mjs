// Makes one folder of the embedded database, of which every test file takes a copy: initdb is the slow part.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

export default async function makeEmbedded() {
  const folder = mkdtempSync(join(tmpdir(), 'tokenjar-embedded-'));
  const db = await PGlite.create({ dataDir: join(folder, 'postgres') });
  await db.close();
  process.env.TEST_EMBEDDED = folder;
}
