// The embedded database in a worker thread: in the main thread, its WebAssembly would block every request.
// Plain JavaScript, because a worker is loaded unchanged, both from the sources and from the build.
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { unpackSeed } from './unpack-seed.js';

// Cleared at startup and kept in memory. PostgreSQL's default of 128 MB takes half a second and stays unused, because
// the system caches files as well.
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=8MB'];

const { directory, socket, seed } = workerData;
if (!existsSync(directory)) await initialise();
const db = await PGlite.create({ dataDir: directory, startParams });
const server = new PGLiteSocketServer({ db, path: socket, maxConnections: 8 });
await server.start();

parentPort.once('message', async () => {
  await server.stop();
  await db.close();
  parentPort.close();
});
parentPort.postMessage('started');

// A directory left incomplete by a kill must not look like a database: it gets its name when it is complete.
async function initialise() {
  const unfinished = `${directory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  if (existsSync(seed)) await unpackSeed(seed, unfinished);
  else await (await PGlite.create({ dataDir: unfinished, startParams })).close();
  await rename(unfinished, directory);
}
