import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import PQueue from 'p-queue';
import { readEnvironment } from '../../src/config/env.js';
import { createServer as createTokenjar } from '../../src/server/create-server.js';
import { explainFailure } from '../../src/server/startup-error.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { isLong } from '../support/long.js';
import { build, type Ending, type ServerProcess, startProcess } from '../support/server-process.js';

/** Stands in every secret here; it must never be printed. */
const SECRET = 'hunter2';
const SECRET_KEY = `${SECRET} and more, thirty-two bytes in all`;
const OTHER_SECRET_KEY = `${SECRET} once more, thirty-two bytes in all`;
const PRODUCTION = { NODE_ENV: 'production', DATABASE: 'embedded' };

type Environment = Record<string, string>;
/** What a case may need of the world around it. */
interface World {
  /** A database that another SECRET_KEY was used with. */
  databaseUrl: string;
  emptyUrl: string;
  directory: string;
  directoryInUse: string;
  /** Its secret.key is a directory. */
  directoryAsKey: string;
  /** Where its database should be is a file. */
  directoryAsFile: string;
  /** Its database is of no version of PostgreSQL. */
  directoryBroken: string;
  /** One of its templates is a directory. */
  emails: string;
  file: string;
  portInUse: string;
  /** Hangs up on everybody. */
  rudePort: string;
}
type Case = [setting: string, what: string, environment: Environment | ((world: World) => Environment)];

const onPostgres =
  (more: Environment) =>
  ({ databaseUrl }: World): Environment => ({ DATABASE_URL: databaseUrl, SECRET_KEY, ...more });
/** Everything as it should be, but for `more`. */
const usable = ({ databaseUrl }: World, more: Environment): Environment => ({
  DATABASE_URL: databaseUrl,
  SECRET_KEY: OTHER_SECRET_KEY,
  ...more,
});
const databaseAt = (change: (url: URL) => void) => (world: World) => {
  const url = new URL(world.databaseUrl);
  url.password = SECRET;
  change(url);
  return { DATABASE_URL: url.href, SECRET_KEY };
};

const CASES: Case[] = [
  // Values that cannot be read, a kind each.
  ['PORT', 'no number', { PORT: 'http' }],
  ['ACCESS_TOKEN_LIFETIME', 'no duration', { ACCESS_TOKEN_LIFETIME: 'soon' }],
  ['ACCESS_TOKEN_JITTER', 'too much', { ACCESS_TOKEN_JITTER: '90%' }],
  ['ROTATE_REFRESH_TOKENS', 'neither on nor off', { ROTATE_REFRESH_TOKENS: 'maybe' }],
  ['ALGORITHM', 'none', { ALGORITHM: 'none' }],
  ['TRUSTED_ORIGINS', 'everybody', { TRUSTED_ORIGINS: '*' }],
  ['TRUSTED_PROXIES', 'no such range', { TRUSTED_PROXIES: '10.0.0.0/33' }],
  ['COOKIE_NAME', 'with a separator', { COOKIE_NAME: 'refresh;token' }],
  ['COOKIE_DOMAIN', 'an address', { COOKIE_DOMAIN: 'https://example.com' }],
  ['PATH_PREFIX', 'with a space', { PATH_PREFIX: 'my api' }],
  ['WEB_CONCURRENCY', 'several processes on the embedded database', { WEB_CONCURRENCY: '2' }],
  [
    'DATABASE_URL',
    'another kind of database',
    { DATABASE_URL: `mysql://root:${SECRET}@localhost/app`, SECRET_KEY },
  ],
  ['DATABASE_URL', 'not well-formed', { DATABASE_URL: `postgres://app:${SECRET}@host:port/app`, SECRET_KEY }],
  // Names that are none of ours.
  ['ACCESS_TOKEN_LIFETME', 'a slip of the pen', { ACCESS_TOKEN_LIFETME: '10m' }],
  ['SECRET_KEY_FILE', 'a file that is not there', { SECRET_KEY_FILE: `/run/${SECRET}` }],
  ['SECRET_KEY_FILE', 'beside SECRET_KEY', { SECRET_KEY, SECRET_KEY_FILE: '/dev/null' }],
  // Values that do not go together.
  ['SECRET_KEY', 'missing in production', PRODUCTION],
  ['SECRET_KEY', 'weak in production', { ...PRODUCTION, SECRET_KEY: SECRET }],
  ['DATABASE_URL', 'missing in production', { NODE_ENV: 'production', SECRET_KEY }],
  ['DATABASE_URI', 'instead of DATABASE_URL', { DATABASE_URI: `postgres://app:${SECRET}@localhost/app` }],
  [
    'POSTGRES_URL',
    'instead of it in production',
    { NODE_ENV: 'production', SECRET_KEY, POSTGRES_URL: SECRET },
  ],
  ['TRUSTED_PROXIES', 'everybody', { TRUSTED_PROXIES: '0.0.0.0/0' }],
  [
    'DATABASE_URL',
    'a raw # in the password',
    { DATABASE_URL: `postgres://app:#${SECRET}@db/app`, SECRET_KEY },
  ],
  [
    'DATABASE_URL',
    'an authority that cannot be read',
    databaseAt((url) => (url.search = '?sslmode=require&sslrootcert=/nowhere/ca.pem')),
  ],
  ['DATA_DIR', 'a secret.key that cannot be read', ({ directoryAsKey }) => ({ DATA_DIR: directoryAsKey })],
  [
    'EMAIL_TEMPLATES_DIR',
    'a directory among the templates',
    (world) => usable(world, { EMAIL_TEMPLATES_DIR: world.emails }),
  ],
  [
    'EMAIL_TEMPLATES_DIR',
    'not there',
    (world) => usable(world, { EMAIL_TEMPLATES_DIR: join(world.directory, 'nowhere') }),
  ],
  [
    'EMAIL_TEMPLATES_DIR',
    'not there, on the embedded database',
    ({ directory }) => ({ EMAIL_TEMPLATES_DIR: join(directory, 'nowhere') }),
  ],
  ['MAIL_DIR', 'a file', (world) => usable(world, { MAIL_DIR: join(world.directory, 'file') })],
  ['MAIL_DIR', 'below a file', (world) => usable(world, { MAIL_DIR: join(world.directory, 'file/emails') })],
  ['NODE_ENV', 'a short word for production', { NODE_ENV: 'prod' }],
  ['NODE_ENV', 'production in capitals', { NODE_ENV: 'Production' }],
  ['SECRET_KEY', 'missing beside a database', { DATABASE_URL: `postgres://app:${SECRET}@localhost/app` }],
  ['SECRET_KEY', 'weak beside a database', { DATABASE_URL: 'postgres://localhost/app', SECRET_KEY: SECRET }],
  ['COOKIE_SAMESITE', 'none without Secure', { COOKIE_SAMESITE: 'none' }],
  ['COOKIE_PATH', 'beside the API', { COOKIE_PATH: '/api' }],
  ['USER_ID_CLAIM', 'taken', { USER_ID_CLAIM: 'exp' }],
  ['VERIFYING_KEY', 'alone', { VERIFYING_KEY: newKey('P-256').publicKey }],
  // Keys.
  ['SIGNING_KEY', 'no key', onPostgres({ SIGNING_KEY: `-----BEGIN PRIVATE KEY-----\n${SECRET}` })],
  ['SIGNING_KEY', 'no JWK', onPostgres({ SIGNING_KEY: `{"kty":"EC","d":"${SECRET}"}` })],
  ['SIGNING_KEY', 'a file that is not there', onPostgres({ SIGNING_KEY: `/nowhere/${SECRET}.pem` })],
  ['SIGNING_KEY', 'a public key', onPostgres({ SIGNING_KEY: newKey('P-256').publicKey })],
  ['SIGNING_KEY', 'of another curve', onPostgres({ SIGNING_KEY: newKey('P-384').privateKey })],
  [
    'SIGNING_KEY',
    'of another kind',
    onPostgres({ ALGORITHM: 'RS256', SIGNING_KEY: newKey('P-256').privateKey }),
  ],
  ['SIGNING_KEY', 'too short a secret', onPostgres({ ALGORITHM: 'HS256', SIGNING_KEY: SECRET })],
  [
    'VERIFYING_KEY',
    'of another pair',
    onPostgres({ SIGNING_KEY: newKey('P-256').privateKey, VERIFYING_KEY: newKey('P-256').publicKey }),
  ],
  // The world outside.
  ['SECRET_KEY', 'another than the database was made with', onPostgres({})],
  ['DATABASE_URL', 'nobody listens', databaseAt((url) => (url.port = '1'))],
  ['DATABASE_URL', 'no such host', databaseAt((url) => (url.hostname = 'no-such-host.invalid'))],
  ['DATABASE_URL', 'no such database', databaseAt((url) => (url.pathname = '/no_such_database'))],
  ['DATABASE_URL', 'no such role', databaseAt((url) => (url.username = 'no_such_role'))],
  ['DATABASE_URL', 'no TLS there', databaseAt((url) => (url.search = '?sslmode=verify-full'))],
  [
    'DATABASE_URL',
    'somebody who hangs up',
    (world) => databaseAt((url) => (url.port = world.rudePort))(world),
  ],
  [
    'MIGRATE',
    'off on an empty PostgreSQL',
    ({ emptyUrl }) => ({ DATABASE_URL: emptyUrl, SECRET_KEY, MIGRATE: 'off' }),
  ],
  ['DATA_DIR', 'in use by another server', ({ directoryInUse }) => ({ DATA_DIR: directoryInUse })],
  ['DATA_DIR', 'a file', ({ file }) => ({ DATA_DIR: file })],
  ['DATA_DIR', 'below a file', ({ file }) => ({ DATA_DIR: join(file, 'data') })],
  ['DATA_DIR', 'whose database is a file', ({ directoryAsFile }) => ({ DATA_DIR: directoryAsFile })],
  ['DATA_DIR', 'whose database is broken', ({ directoryBroken }) => ({ DATA_DIR: directoryBroken })],
  [
    'BREACHED_PASSWORDS',
    'not there',
    (world) => usable(world, { BREACHED_PASSWORDS: join(world.file, '../no') }),
  ],
  ['BREACHED_PASSWORDS', 'no filter', (world) => usable(world, { BREACHED_PASSWORDS: world.file })],
  ['PORT', 'in use', (world) => usable(world, { PORT: world.portInUse })],
  ['HOST', 'no such name', (world) => usable(world, { HOST: 'no-such-host.invalid' })],
  ['HOST', 'the address of another machine', (world) => usable(world, { HOST: '203.0.113.1' })],
];

let world: World;
let databases: TestDatabase[] = [];
let neighbour: ServerProcess;
let servers: Server[] = [];
const endings = new Map<Case, Awaited<ReturnType<typeof run>>>();

beforeAll(async () => {
  await build();
  const directory = await mkdtemp(join(tmpdir(), 'tokenjar-bad-'));
  databases = [await createEmptyDatabase(), await createEmptyDatabase()];
  const [used = '', empty = ''] = databases.map(
    ({ settings }) => 'databaseUrl' in settings && settings.databaseUrl,
  );
  servers = [createServer(), createServer((socket) => socket.destroy())];
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const [portInUse = '', rudePort = ''] = servers.map((server) =>
    String((server.address() as AddressInfo).port),
  );
  world = {
    databaseUrl: String(used),
    emptyUrl: String(empty),
    directory,
    directoryInUse: join(directory, 'in-use'),
    directoryAsKey: join(directory, 'directory-as-key'),
    directoryAsFile: join(directory, 'directory-as-file'),
    directoryBroken: join(directory, 'directory-broken'),
    emails: join(directory, 'emails'),
    file: join(directory, 'file'),
    portInUse,
    rudePort,
  };
  await writeFile(world.file, '');
  await mkdir(join(world.directoryAsKey, 'secret.key'), { recursive: true });
  await mkdir(world.directoryAsFile);
  await writeFile(join(world.directoryAsFile, 'postgres'), '');
  await mkdir(join(world.directoryBroken, 'postgres'), { recursive: true });
  await writeFile(join(world.directoryBroken, 'postgres/PG_VERSION'), '99');
  await mkdir(join(world.emails, 'reset_password.en.txt'), { recursive: true });
  neighbour = startProcess({ DATA_DIR: world.directoryInUse });
  await neighbour.url;
  const before = startProcess(usable(world, {}));
  await before.url;
  before.kill('SIGTERM');
  await before.ended;

  const queue = new PQueue({ concurrency: 2 });
  await Promise.all(CASES.map((one, i) => queue.add(async () => endings.set(one, await run(one, i)))));
}, 300_000);

afterAll(async () => {
  neighbour.kill('SIGTERM');
  await neighbour.ended;
  for (const server of servers) server.close();
  for (const database of databases) await database.drop();
  await rm(world.directory, { recursive: true, force: true });
});

/** Most cases start in this process, as `main.ts` does: a process of its own takes ten times as long. */
async function run([, , environment]: Case, i: number): Promise<Pick<Ending, 'code' | 'stdout' | 'stderr'>> {
  const all = {
    DATA_DIR: join(world.directory, `data-${i}`),
    ...(typeof environment === 'function' ? environment(world) : environment),
  };
  return isLong || i % 8 === 0 ? startProcess(all).ended : startHere(all);
}

async function startHere(environment: Environment): Promise<Pick<Ending, 'code' | 'stdout' | 'stderr'>> {
  const log: string[] = [];
  const note = (...parts: unknown[]) => void log.push(parts.map(String).join(' '));
  try {
    const options = readEnvironment({ HOST: '127.0.0.1', PORT: '0', ...environment });
    const app = await createTokenjar(options, { log: note, warn: note, error: note });
    await app.listen(options.port, options.host).catch(async (error: unknown) => {
      await app.close();
      throw error;
    });
    await app.close();
    return { code: null, stdout: log.join('\n'), stderr: '' };
  } catch (error) {
    const stderr = (explainFailure(error) ?? [String(error)]).map((line) => `${line}\n`).join('');
    return { code: 1, stdout: log.join('\n'), stderr };
  }
}

test.each(CASES.map((one) => ({ setting: one[0], what: one[1], one })))(
  '$setting: $what',
  ({ setting, one }) => {
    const { code, stdout, stderr } = endings.get(one) ?? {};
    expect(stderr?.split('\n')).toEqual([expect.stringMatching(new RegExp(`^${setting}: \\S.{4}`)), '']);
    expect(stderr).not.toMatch(/\[object |undefined/);
    expect(code).toBe(1);
    for (const secret of [SECRET, 'PRIVATE KEY']) expect(`${stdout}${stderr}`).not.toContain(secret);
  },
);

describe('several at once', () => {
  test('a line each', async () => {
    const { code, stderr } = await startProcess({ PORT: 'x', DIALECT: 'y', COOKIE_NAM: 'z', SECRET_KEY })
      .ended;
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['COOKIE_NAM', 'PORT', 'DIALECT']);
    expect(code).toBe(1);
  });
});

function newKey(namedCurve: string) {
  return generateKeyPairSync('ec', {
    namedCurve,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
