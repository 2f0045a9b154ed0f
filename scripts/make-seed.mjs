// Packs an empty database, schema and all, into the build: unpacking it takes a quarter of the time of initdb, and a
// first start has nothing to migrate.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

const directory = mkdtempSync(join(tmpdir(), 'tokenjar-seed-'));
try {
  const env = { PATH: process.env.PATH, DATABASE: 'embedded', DATA_DIR: directory };
  const { status } = spawnSync(process.execPath, ['dist/cli.js', 'migrate'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('the schema could not be made');
  const db = await PGlite.create({ dataDir: join(directory, 'postgres') });
  // Two thirds of the files, for making further databases, which there never are.
  for (const name of ['template0', 'template1']) {
    await db.exec(`ALTER DATABASE ${name} IS_TEMPLATE false`);
    await db.exec(`DROP DATABASE ${name}`);
  }
  const seed = await db.dumpDataDir('gzip');
  await writeFile('dist/database/seed.tar.gz', Buffer.from(await seed.arrayBuffer()));
  await db.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
