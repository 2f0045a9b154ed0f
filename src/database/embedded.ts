import { once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { answers, DirectoryInUse, lockDirectory } from './directory-lock.js';

/** The path of a Unix socket has at most 107 bytes on Linux, fewer elsewhere; the rest of the path is `/.s.PGSQL.5432`. */
const MAX_SOCKET_DIRECTORY_BYTES = 85;
const PORT = 5432;
/** A database with the schema, created by the build; without it (running from the sources), initdb and migrations do the same more slowly. */
const SEED = fileURLToPath(new URL('./seed.tar.gz', import.meta.url));

/** The file in `DATA_DIR` that names the directory of the socket, where that is another one. */
const ELSEWHERE = 'socket-directory';

/** The running embedded database. */
export interface EmbeddedDatabase {
  /** Directory of the Unix socket, as a host for pg. */
  host: string;
  port: number;
  /** Told again, it waits for the same end. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL inside this process (PGlite), with its data under `dataDir`.
 *
 * It speaks the PostgreSQL protocol on a Unix socket, so the rest of the code knows one kind of database. Only the owner
 * can reach the socket, because its directory is closed to others.
 *
 * @throws {DirectoryInUse} if another process has the directory open.
 */
export async function startEmbedded(dataDir: string): Promise<EmbeddedDatabase> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const isClosed = await closeToOthers(dataDir);
  const directory = await realpath(resolve(dataDir));
  const data = join(directory, 'postgres');
  // PGlite reports an inaccessible directory without a reason, and the socket of another user cannot be queried.
  for (const each of [directory, data]) if (existsSync(each)) await demandAccess(each);
  const lock = await lockDirectory(directory);
  let elsewhere: string | undefined;
  try {
    if (!isClosed || Buffer.byteLength(directory) > MAX_SOCKET_DIRECTORY_BYTES)
      elsewhere = await mkdtemp(join(tmpdir(), 'tokenjar-'));
    const host = elsewhere ?? directory;
    const socket = join(host, `.s.PGSQL.${PORT}`);
    // Earlier versions have no flag in the directory.
    if (await answers(join(directory, `.s.PGSQL.${PORT}`))) throw new DirectoryInUse(directory);
    // Left behind by a killed process.
    await rm(socket, { force: true });
    compileOnce();
    const worker = new Worker(new URL('./embedded.worker.js', import.meta.url), {
      workerData: { directory: data, socket, seed: SEED },
      // It must not inherit the loaders or the stdin of the main thread.
      execArgv: [],
    });
    await started(worker, data);
    // So that commands find it.
    if (elsewhere) await writeFile(join(directory, ELSEWHERE), elsewhere, { mode: 0o600 });
    const stop = async () => {
      const stopped = once(worker, 'exit');
      worker.postMessage('stop');
      await stopped;
      if (elsewhere)
        for (const each of [elsewhere, join(directory, ELSEWHERE)])
          await rm(each, { recursive: true, force: true });
      await lock.release();
    };
    let stopping: Promise<void> | undefined;
    return {
      host,
      port: PORT,
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    if (elsewhere) await rm(elsewhere, { recursive: true, force: true });
    await lock.release();
    throw error;
  }
}

/** Where the embedded database of another process listens, if one runs on `dataDir`. */
export async function findEmbedded(dataDir: string): Promise<{ host: string; port: number } | undefined> {
  if (!existsSync(dataDir)) return undefined;
  const directory = await realpath(resolve(dataDir));
  const named = join(directory, ELSEWHERE);
  const hosts = [directory, ...(existsSync(named) ? [await readFile(named, 'utf8')] : [])];
  for (const host of hosts.filter((each) => Buffer.byteLength(each) <= MAX_SOCKET_DIRECTORY_BYTES))
    if (await answers(join(host, `.s.PGSQL.${PORT}`))) return { host, port: PORT };
  return undefined;
}

/**
 * Has V8 compile WebAssembly by its baseline compiler only. To compile PostgreSQL once more, optimised, takes seconds of
 * processor time and 100 MiB that the system does not get back, and makes no request faster (docs/performance.md).
 */
function compileOnce(): void {
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'])
    setFlagsFromString(flag);
}

/** @throws an error that says what is wrong with the directory. */
async function demandAccess(directory: string): Promise<void> {
  if (!(await stat(directory)).isDirectory()) throw new Error(`${directory} is not a directory`);
  await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
}

/** PGlite may throw a value that is not an Error, or only report that it exited. */
async function started(worker: Worker, data: string): Promise<void> {
  try {
    await once(worker, 'message');
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.replace(/\. Build with .*$/s, '') : inspect(cause);
    throw new Error(`PostgreSQL does not start on what is in ${data} (${said.replace(/\s+/g, ' ')})`, {
      cause,
    });
  }
}

/**
 * Closes a directory to everybody but its owner.
 *
 * @returns false if we do not own it, such as a volume that is writable through its group (`fsGroup`).
 */
async function closeToOthers(directory: string): Promise<boolean> {
  try {
    await chmod(directory, 0o700);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    return false;
  }
}
