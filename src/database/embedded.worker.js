// The embedded database, in a thread of its own: in the server's thread its WebAssembly would hold up every request.
// Plain JavaScript, because a worker is loaded as it is, from the sources as from the build.
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const { folder, socket } = workerData;
const db = await PGlite.create({ dataDir: folder });
const server = new PGLiteSocketServer({ db, path: socket, maxConnections: 8 });
await server.start();

parentPort.once('message', async () => {
  await server.stop();
  await db.close();
  parentPort.postMessage('stopped');
  parentPort.close();
});
parentPort.postMessage('started');
