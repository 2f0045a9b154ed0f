import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD_LOCK = join(process.platform === 'linux' ? '\0' : tmpdir(), 'tokenjar-test-build');

/** How a process ended, and its output. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The built server as an operator runs it. */
export interface ServerProcess {
  pid: number;
  /** The address; rejects with the output if the process exits instead. */
  url: Promise<string>;
  ended: Promise<Ending>;
  /** The output so far. */
  said(): string;
  kill(signal: NodeJS.Signals): void;
}

/** Builds if the sources are newer. Of concurrent test files one builds, and the others wait. */
export async function build(): Promise<void> {
  const lock = createServer();
  for (;;) {
    try {
      lock.listen(BUILD_LOCK);
      await once(lock, 'listening');
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await released();
    }
  }
  try {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build-if-needed.mjs'], { cwd: ROOT });
    if (status !== 0) throw new Error(`the build failed: ${stderr.toString()}`);
  } finally {
    lock.close();
  }
}

/** The builder keeps the connection open until it is done. */
async function released(): Promise<void> {
  const wait = connect(BUILD_LOCK);
  wait.on('error', () => undefined);
  await new Promise((done) => wait.once('close', done));
}

/** Runs the built server with these variables and none of ours. */
export const startProcess = (environment: Record<string, string>, cwd = tmpdir()): ServerProcess =>
  startCommand([process.execPath, join(ROOT, 'dist/main.js')], environment, cwd);

/** Like {@link startProcess}, with another command. */
export function startCommand(
  [command = '', ...args]: string[],
  environment: Record<string, string>,
  cwd: string,
): ServerProcess {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  const url = new Promise<string>((found, failed) => {
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
      const [, address] = /listens on (http:\/\/[^\s"]+)/.exec(stdout) ?? [];
      if (address) found(address.replace('localhost', '127.0.0.1'));
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    void ended.then(() => failed(new Error(`the server ended: ${stdout}${stderr}`)));
  });
  // A test that expects the process to exit does not use the address.
  url.catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    url,
    ended,
    said: () => stdout + stderr,
    kill: (signal) => void child.kill(signal),
  };
}
