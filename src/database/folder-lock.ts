import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Another process has the folder open. */
export class FolderInUse extends Error {
  constructor(readonly folder: string) {
    super(
      `${folder} is in use by another process; the embedded database serves one. Set DATABASE_URL to run several.`,
    );
    this.name = 'FolderInUse';
  }
}

/**
 * Claims a folder for this process until it ends, however it ends.
 *
 * The claim is a listening socket and not a file with a process id: the system closes it with the process, even one
 * that was killed and is still listed, and no two processes can hold it.
 *
 * @throws {FolderInUse}
 */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const name = `tokenjar-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  const address = addressOf(folder, name);
  if (address.isFile) {
    if (await answers(address.path)) throw new FolderInUse(folder);
    await rm(address.path, { force: true });
  }
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, address.path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new FolderInUse(folder);
    throw error;
  }
  server.unref();
  return { release: () => new Promise((done) => server.close(() => done())) };
}

/** Linux and Windows have names that vanish with their process; elsewhere it is a socket file, checked first. */
function addressOf(folder: string, name: string): { path: string; isFile: boolean } {
  if (process.platform === 'linux') return { path: `\0${name}`, isFile: false };
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\${name}`, isFile: false };
  return { path: join(folder, 'lock.sock'), isFile: true };
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, 'listening');
}

/** Whether somebody listens on a socket's path. */
export async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // ENOENT or ECONNREFUSED: nobody is there.
    return false;
  } finally {
    socket.destroy();
  }
}
