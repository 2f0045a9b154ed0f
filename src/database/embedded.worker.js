// The embedded database, in a thread of its own: in the server's thread its WebAssembly would hold up every request.
// Plain JavaScript, because a worker is loaded as it is, from the sources as from the build.
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { unpackSeed } from './unpack-seed.js';

// What it clears at its start and keeps in memory; PostgreSQL's own 128 MB take half a second and lie there unused,
// since the system keeps files in memory too.
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];

const { folder, socket, seed } = workerData;
if (!existsSync(folder)) await initialise();
const db = await PGlite.create({ dataDir: folder, startParams });
const server = new PGLiteSocketServer({ db, path: socket, maxConnections: 8 });
await server.start();

parentPort.once('message', async () => {
  await server.stop();
  await db.close();
  parentPort.close();
});
parentPort.postMessage('started');

// A folder that was killed half made must not be taken for a database: it gets its name when it is whole.
async function initialise() {
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  if (existsSync(seed)) await unpackSeed(seed, unfinished);
  else await (await PGlite.create({ dataDir: unfinished, startParams })).close();
  await rename(unfinished, folder);
}
