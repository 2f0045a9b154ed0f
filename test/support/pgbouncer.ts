import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../torture/postgres.js';
import { eventually } from './eventually.js';

/** PgBouncer in transaction mode. */
export interface Pooler {
  /** The address of the same database, through the pooler. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** It refuses to run as root. */
const NOBODY = 65534;

/** @param program the path of PgBouncer. @param url of a database. @param more lines of its configuration. */
export async function startPgbouncer(program: string, url: string, more: string[] = []): Promise<Pooler> {
  const { hostname, port: target, username, pathname } = new URL(url);
  const home = mkdtempSync(join(tmpdir(), 'tokenjar-pgbouncer-'));
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const port = await freePort();
  const file = join(home, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${target} user=${username}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    // Fewer than clients, so that a transaction often gets a connection that somebody else used.
    'default_pool_size = 3',
    'max_client_conn = 100',
    // Before 1.20 it does not know IntervalStyle.
    'ignore_startup_parameters = extra_float_digits,options,statement_timeout,IntervalStyle',
    ...more,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  if (identity.uid !== undefined) for (const path of [home, file]) chownSync(path, NOBODY, NOBODY);
  const child = spawn(program, [file], { ...identity, cwd: home, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const through = (other: string) => {
    const changed = new URL(other);
    changed.host = `127.0.0.1:${port}`;
    return changed.href;
  };
  const answers = () => isReachable(through(`postgres://${username}@127.0.0.1${pathname}`));
  const isUp = await eventually(answers, (yes) => yes || child.exitCode !== null, 10_000);
  if (!isUp) throw new Error(`${program} does not start: ${said}`);
  return {
    through,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function isReachable(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
