import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** `BENCH_SECRET`, so that servers and cookies of different runs match. */
export const SECRET_KEY = process.env.BENCH_SECRET ?? randomBytes(48).toString('base64');

/** The built server (`npm run build`), as a separate process. */
export interface BenchServer {
  url: URL;
  child: ChildProcess;
  stop(): Promise<void>;
}

/** An empty database. @throws if `DATABASE_URL` is not set. */
export function databaseUrl(): string {
  const { DATABASE_URL } = process.env;
  if (!DATABASE_URL) throw new Error('DATABASE_URL: an empty PostgreSQL database is needed');
  return DATABASE_URL;
}

/**
 * @param settings and, in `NODE_FLAGS`, flags of Node.
 * @param cwd of another checkout, to start the server that was built there.
 */
export async function startServer(settings: Record<string, string> = {}, cwd?: string): Promise<BenchServer> {
  const environment = {
    HOST: '127.0.0.1',
    PORT: '0',
    ...(settings.DATABASE_URL === undefined && { DATABASE_URL: databaseUrl() }),
    SECRET_KEY,
    PURGE_INTERVAL: '0',
    ...settings,
  };
  const flags = settings.NODE_FLAGS?.split(' ') ?? [];
  // The last of two counts, and before the file it is one of Node.
  const args = [...startArguments().slice(0, -1), ...flags, ...startArguments().slice(-1)];
  return startProcess(process.execPath, args, environment, cwd);
}

/** The flags and the file of `npm run start:prod`, which replaces its shell where the shell can do so. */
export function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const [, args] = /\bnode (.+?)(?: \|\||$)/.exec(scripts['start:prod'] ?? '') ?? [];
  if (args === undefined) throw new Error('package.json: start:prod does not start node');
  return args.split(' ');
}

/** Starts any server that prints its address, as ours does. */
export async function startProcess(
  command: string,
  args: string[],
  settings: Record<string, string>,
  cwd?: string,
): Promise<BenchServer> {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd,
  });
  const ended = once(child, 'exit');
  const url = await new Promise<URL>((found, failed) => {
    child.stdout.on('data', (data: Buffer) => {
      const [, address] = /listens on (http:\/\/[^\s"]+)/.exec(data.toString()) ?? [];
      if (address) found(new URL(address.replace('localhost', '127.0.0.1')));
    });
    void ended.then(() => failed(new Error('the server ended')));
  });
  return {
    url,
    child,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
