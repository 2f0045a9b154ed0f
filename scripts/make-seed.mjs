// Packs an empty cluster of the embedded database into the build: unpacking it takes a quarter of the time of initdb.
import { writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';

const db = await PGlite.create();
const seed = await db.dumpDataDir('gzip');
await writeFile('dist/database/seed.tar.gz', Buffer.from(await seed.arrayBuffer()));
await db.close();
