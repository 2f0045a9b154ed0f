import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Another process has the directory open. */
export class DirectoryInUse extends Error {
  constructor(readonly directory: string) {
    super(
      `${directory} is in use by another process; the embedded database serves one. Set DATABASE_URL to run several.`,
    );
    this.name = 'DirectoryInUse';
  }
}

const FLAG = /^lock-[0-9a-f]{16}\.sock$/;
/** A process that accepts a connection and does not respond within this time is stopped or busy, but alive. **Unit** milliseconds. */
const RESPONSE_TIMEOUT_MS = 2000;
/** How often concurrent processes check whether the others have given way. **Unit** milliseconds. */
const LOOK_EVERY_MS = 20;

/**
 * Locks a directory for this process until it ends, however it ends.
 *
 * The lock is a listening socket and not a file with a process ID: the system closes it with the process, even if the
 * process was killed and is still listed. The socket is in the directory itself, so a process without write permission
 * cannot hold it, and a process in another container on the same volume is detected too. Each process creates its own
 * flag before it looks for others; of two concurrent processes at least one sees the other, and the smaller name wins.
 *
 * @throws {DirectoryInUse}
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const name = `lock-${randomBytes(8).toString('hex')}.sock`;
  const place = await placeFor(directory);
  let isHeld = false;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(isHeld ? 'held' : 'asking');
  });
  const release = async () => {
    // Removes the file too.
    await new Promise((done) => server.close(done));
    await place.close();
  };
  try {
    await listen(server, join(place.path, name));
    await giveWayToOthers(directory, place.path, name);
  } catch (error) {
    await release();
    throw error;
  }
  isHeld = true;
  server.unref();
  return { release };
}

/** @throws {DirectoryInUse} if another process holds the directory, or tries concurrently with a smaller name. */
async function giveWayToOthers(directory: string, path: string, name: string): Promise<void> {
  const giveUpAt = performance.now() + RESPONSE_TIMEOUT_MS;
  for (;;) {
    const others = (await readdir(directory)).filter((each) => FLAG.test(each) && each !== name);
    const said = await Promise.all(others.map((each) => ask(join(path, each))));
    const asking = others.filter((_, i) => said[i] === 'asking');
    const isTaken = said.includes('held') || asking.some((each) => each < name);
    if (isTaken || performance.now() > giveUpAt) throw new DirectoryInUse(directory);
    // Left behind by killed processes.
    const dead = others.filter((_, i) => said[i] === undefined);
    for (const each of dead) await rm(join(directory, each), { force: true });
    if (asking.length === 0) return;
    await wait(LOOK_EVERY_MS);
  }
}

/** The response of the owner of a flag; `held` if it does not respond in time, undefined if there is none. */
async function ask(path: string): Promise<string | undefined> {
  const socket = connect(path);
  let said = '';
  socket.setEncoding('utf8').on('data', (part: string) => (said += part));
  try {
    await once(socket, 'close', { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });
    return said || 'held';
  } catch (error) {
    return isNobody(error) ? undefined : 'held';
  } finally {
    socket.destroy();
  }
}

/**
 * The path for sockets in a directory. The path of a socket has at most 107 bytes on Linux, so there it goes through the
 * open directory.
 */
async function placeFor(directory: string): Promise<{ path: string; close(): Promise<void> }> {
  if (process.platform !== 'linux') return { path: directory, close: () => Promise.resolve() };
  const handle = await open(directory);
  return { path: `/proc/self/fd/${handle.fd}`, close: () => handle.close() };
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, 'listening');
}

/** Whether a process listens on the path of a socket. */
export async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !isNobody(error);
  } finally {
    socket.destroy();
  }
}

const isNobody = (error: unknown): boolean =>
  ['ENOENT', 'ECONNREFUSED'].includes(String((error as NodeJS.ErrnoException).code));
