import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { parseOptions } from '../../src/config/check.js';
import type { Finding } from '../../src/commands/doctor/finding.js';
import { readMachine } from '../../src/commands/doctor/machine.js';
import { checkHashing } from '../../src/commands/doctor/machine-checks.js';
import { startApp, type TestApp } from '../support/app.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { isLong } from '../support/long.js';
import { build, ROOT } from '../support/server-process.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const SECRET = randomBytes(48).toString('base64');
const CERTIFICATE = join(ROOT, 'test/support/tls/cert.pem');
type Environment = Record<string, string>;

let app: TestApp;
let database: TestDatabase;
let other: TestDatabase;
let mail: MailServer;
let directory: string;
let good: Environment;
let proxies: Record<
  'good' | 'unnamed' | 'forwarding' | 'plain' | 'renaming',
  { url: string; server: Server }
>;
const closing: (() => unknown)[] = [];

const urlOf = ({ settings }: TestDatabase) => (settings as { databaseUrl: string }).databaseUrl;

beforeAll(async () => {
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-doctor-'));
  [database, other] = [await createEmptyDatabase(), await createEmptyDatabase()];
  mail = await startMailServer();
  app = await startApp({ secretKey: SECRET, trustedProxies: ['127.0.0.3'] }, database);
  proxies = {
    good: await startHttpProxy('127.0.0.3', ({ from }) => ({
      'x-forwarded-for': from,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': undefined,
    })),
    // The server does not know that it is one.
    unnamed: await startHttpProxy('127.0.0.4', ({ from }) => ({
      'x-forwarded-for': from,
      'x-forwarded-proto': 'https',
    })),
    // Appends nothing, and passes on what it gets.
    forwarding: await startHttpProxy('127.0.0.3', () => ({ 'x-forwarded-proto': 'https' })),
    // Does not say that browsers speak https.
    plain: await startHttpProxy('127.0.0.3', ({ from }) => ({
      'x-forwarded-for': from,
      'x-forwarded-proto': undefined,
      'x-forwarded-host': undefined,
    })),
    renaming: await startHttpProxy('127.0.0.3', ({ from }) => ({
      'x-forwarded-for': from,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': undefined,
      host: 'inside.test',
    })),
  };
  good = {
    NODE_ENV: 'production',
    SECRET_KEY: SECRET,
    DATABASE_URL: urlOf(database),
    PUBLIC_URL: proxies.good.url,
    FRONTEND_URL: proxies.good.url,
    TRUSTED_PROXIES: '127.0.0.3',
    SMTP_URL: mail.url,
    MAIL_FROM: 'no-reply@example.com',
    NODE_EXTRA_CA_CERTS: CERTIFICATE,
    DATA_DIR: directory,
  };
}, 120_000);

afterAll(async () => {
  for (const close of closing) await close();
  await app.close();
  await mail.stop();
  for (const each of [database, other]) await each.drop();
  await rm(directory, { recursive: true, force: true });
});

/** Runs it as an operator does. */
async function doctor(environment: Environment, args: string[] = [], node: string[] = []) {
  const child = spawn(process.execPath, [...node, join(ROOT, 'dist/cli.js'), 'doctor', ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

async function findingsOf(environment: Environment, args: string[] = [], node: string[] = []) {
  const { code, stdout, stderr } = await doctor(environment, ['--json', ...args], node);
  expect(stderr).toBe('');
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  expect(code).toBe(findings.some(({ level }) => level === 'error') ? 1 : 0);
  for (const finding of findings) {
    expect(Object.keys(finding)).toEqual(['check', 'level', 'message', 'cure']);
    expect(finding.cure).toMatch(/^.{10}/);
    expect(stdout).not.toContain(SECRET);
  }
  return findings;
}

test('nothing is found in a good setup, and the test email arrives', async () => {
  const args = ['--url', proxies.good.url, '--test-mail', 'operator@example.com'];
  expect(await findingsOf(good, args)).toEqual([]);
  expect((await mail.emailTo('operator@example.com')).subject).toBe('Test email of Tokenjar');
  expect((await doctor(good)).stdout).toBe('Nothing was found to be wrong.\n');
  // A trial in an empty directory.
  expect(await findingsOf({ DATA_DIR: join(directory, 'none-yet') })).toEqual([]);
});

type Planted = [
  what: string,
  check: Finding['check'],
  level: Finding['level'],
  message: RegExp,
  environment: () => Promise<Environment> | Environment,
  more?: { args?: () => string[]; node?: string[] },
];

const PLANTED: Planted[] = [
  ['a misspelt setting', 'settings', 'error', /^COOKIE_SAMSITE: is not/, () => ({ COOKIE_SAMSITE: 'lax' })],
  ['a value that cannot be read', 'settings', 'error', /^PORT: must/, () => ({ PORT: 'http' })],
  [
    'a secret file that is not there',
    'settings',
    'error',
    /^SECRET_KEY_FILE: /,
    () => ({ SECRET_KEY: '', SECRET_KEY_FILE: '/nowhere' }),
  ],
  ['a short key', 'settings', 'error', /^SECRET_KEY: is shorter/, () => ({ SECRET_KEY: 'Xk29_fjqPwmZ' })],
  [
    'a key from an example',
    'secret_key',
    'error',
    /looks like one from an example/,
    () => ({ SECRET_KEY: 'django-insecure-please-change-me-in-production' }),
  ],
  ['a key that repeats', 'secret_key', 'error', /repeats itself/, () => ({ SECRET_KEY: 'xy'.repeat(20) })],
  [
    'a key that others can read',
    'secret_key',
    'error',
    /others on this machine/,
    async () => {
      const dataDir = join(directory, 'readable');
      await mkdir(dataDir);
      await writeFile(join(dataDir, 'secret.key'), SECRET);
      await chmod(join(dataDir, 'secret.key'), 0o644);
      return { NODE_ENV: '', SECRET_KEY: '', DATABASE_URL: '', DATABASE: 'embedded', DATA_DIR: dataDir };
    },
  ],
  [
    'a domain of others',
    'cookies',
    'error',
    /does not contain localhost/,
    () => ({ COOKIE_DOMAIN: 'example.com' }),
  ],
  [
    'a Secure cookie over http',
    'cookies',
    'error',
    /^COOKIE_SECURE: true, but/,
    () => ({
      COOKIE_SECURE: 'true',
      PUBLIC_URL: 'http://auth.example.com',
      FRONTEND_URL: 'http://auth.example.com',
    }),
  ],
  [
    'a cookie that is not Secure, over https',
    'cookies',
    'error',
    /^COOKIE_SECURE: false, but/,
    () => ({ COOKIE_SECURE: 'false' }),
  ],
  [
    'pages of another site',
    'cookies',
    'error',
    /another site/,
    () => ({
      PUBLIC_URL: 'https://auth.example.com',
      FRONTEND_URL: 'https://shop.example',
      TRUSTED_ORIGINS: 'https://shop.example',
    }),
  ],
  [
    'pages that are not trusted',
    'origins',
    'error',
    /lacks https:\/\/app\.example\.com/,
    () => ({ PUBLIC_URL: 'https://auth.example.com', FRONTEND_URL: 'https://app.example.com' }),
  ],
  [
    'pages of everybody',
    'origins',
    'error',
    /anybody can have a page/,
    () => ({ TRUSTED_ORIGINS: 'https://*.vercel.app', COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'true' }),
  ],
  [
    'no database there',
    'database',
    'error',
    /cannot be reached/,
    () => ({ DATABASE_URL: 'postgres://app:hunter2@127.0.0.1:1/app' }),
  ],
  ['a role without rights', 'database', 'error', /may not read and write/, roleWithoutRights],
  [
    'a pooler that swallows parameters',
    'database',
    'error',
    /^default_transaction_isolation is "serializable" in a session behind the pooler/,
    throughPooler,
  ],
  [
    'a clock that is off',
    'database',
    'warning',
    /12\d s apart/,
    () => ({ SKEW_MS: '120000' }),
    { node: ['--import', join(ROOT, 'test/support/skew.mjs')] },
  ],
  [
    'no migrations',
    'database',
    'error',
    /^MIGRATE: off, but/,
    () => ({ DATABASE_URL: urlOf(other), MIGRATE: 'off' }),
  ],
  ['too large a pool', 'database', 'error', /the database admits/, () => ({ DATABASE_POOL_SIZE: '1000' })],
  [
    'another key than the database knows',
    'database',
    'error',
    /does not decrypt/,
    () => ({ SECRET_KEY: randomBytes(48).toString('base64') }),
  ],
  ['no mail server there', 'mail', 'error', /cannot be used/, () => ({ SMTP_URL: 'smtp://127.0.0.1:1' })],
  [
    'emails that anybody on the way can read',
    'mail',
    'warning',
    /does not demand TLS/,
    () => ({ SMTP_URL: mail.url.replace('127.0.0.1', '0x7f.0.0.1') }),
  ],
  ['no emails in production', 'mail', 'warning', /no emails are sent/, () => ({ SMTP_URL: '' })],
  ...(['unnamed', 'forwarding', 'plain', 'renaming'] as const).map((name): Planted => {
    const found = {
      unnamed: /sees the address 127\.0\.0\.4 and not that of the client/,
      forwarding: /clients choose the address/,
      plain: /does not see that browsers speak https/,
      renaming: /refuses its own pages/,
    };
    return [
      `a proxy that is ${name}`,
      'proxy',
      'error',
      found[name],
      () => ({ PUBLIC_URL: proxies[name].url, FRONTEND_URL: proxies[name].url }),
      { args: () => ['--url', proxies[name].url] },
    ];
  }),
  [
    'a proxy that passes on which host clients claim',
    'proxy',
    'error',
    /clients choose the host/,
    () => ({ PUBLIC_URL: proxies.forwarding.url, FRONTEND_URL: proxies.forwarding.url }),
    { args: () => ['--url', proxies.forwarding.url] },
  ],
  [
    'another server',
    'proxy',
    'error',
    /something else/,
    () => ({}),
    { args: () => ['--url', `${app.url}/assets`] },
  ],
];

describe('each misconfiguration is found', () => {
  // Each is a process of its own.
  const some = isLong ? PLANTED : PLANTED.filter((_, i) => i % 4 === 0);
  // Objects: a row that is shorter than the parameters would get a callback in their place.
  test.each(some.map((planted) => ({ what: planted[0], planted })))('$what', async ({ planted }) => {
    const [, check, level, message, environment, more] = planted;
    const findings = await findingsOf({ ...good, ...(await environment()) }, more?.args?.(), more?.node);
    expect(findings).toContainEqual({
      check,
      level,
      message: expect.stringMatching(message),
      cure: expect.any(String),
    });
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  test('and nothing beside it', async () => {
    const findings = await findingsOf({ ...good, COOKIE_DOMAIN: 'example.com' });
    expect(findings.map(({ check }) => check)).toEqual(['cookies']);
    const { code, stdout } = await doctor({ ...good, COOKIE_DOMAIN: 'example.com' });
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^error {2}cookies {2}COOKIE_DOMAIN: .+\n {2}→ Remove/),
    ]);
  });

  test('limits of a container', async () => {
    const root = join(directory, 'root');
    const group = join(root, 'sys/fs/cgroup/system.slice/tokenjar.service');
    await mkdir(group, { recursive: true });
    await mkdir(join(root, 'proc/self'), { recursive: true });
    await writeFile(join(root, 'proc/self/cgroup'), '0::/system.slice/tokenjar.service\n');
    await writeFile(join(root, 'sys/fs/cgroup/system.slice/memory.max'), '134217728\n');
    await writeFile(join(group, 'memory.max'), 'max\n');
    await writeFile(join(group, 'cpu.max'), '50000 100000\n');
    const machine = await readMachine(root);
    expect(machine).toMatchObject({ memory: 134_217_728, quota: 0.5 });
    const options = parseOptions({ databaseUrl: urlOf(database), secretKey: SECRET });
    const found = checkHashing(options, { ...machine, cores: 4 });
    expect(found.map(({ level }) => level)).toEqual(['error', 'warning']);
    expect(found[0]?.message).toContain('the limit is 128 MiB');
    expect(checkHashing(options, { cores: 4, quota: 4, memory: 1 << 30 })).toEqual([]);
    const large = { cores: 64, quota: 1, memory: 1 << 29 };
    expect(checkHashing(options, large).map(({ level }) => level)).toEqual(['error', 'warning']);
    // It hashes one at a time.
    expect(checkHashing(parseOptions({}), large)).toEqual([]);
  });
});

async function roleWithoutRights(): Promise<Environment> {
  const role = `doctor_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: urlOf(database) });
  await client.connect();
  await client.query(
    `CREATE ROLE ${role} LOGIN PASSWORD 'hunter2'; GRANT USAGE ON SCHEMA tokenjar TO ${role}`,
  );
  await client.end();
  closing.push(async () => {
    const again = new pg.Client({ connectionString: urlOf(database) });
    await again.connect();
    await again.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await again.end();
  });
  const url = new URL(urlOf(database));
  [url.username, url.password] = [role, 'hunter2'];
  return { DATABASE_URL: url.href };
}

/** As PgBouncer with `ignore_startup_parameters = options`: the session has the defaults of the database. */
async function throughPooler(): Promise<Environment> {
  const url = new URL(urlOf(other));
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(
    `ALTER DATABASE ${url.pathname.slice(1)} SET default_transaction_isolation = 'serializable'`,
  );
  await client.end();
  const [port, hostname] = [Number(url.port), url.hostname];
  const pooler = createServer((incoming) => {
    const outgoing = connect(port, hostname);
    incoming.once('data', (first: Buffer) => {
      outgoing.write(withoutOptions(first));
      incoming.pipe(outgoing);
    });
    outgoing.on('data', (data: Buffer) => incoming.write(withOtherProcess(data)));
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const)
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
  });
  await once(pooler.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => pooler.close());
  url.host = `127.0.0.1:${(pooler.address() as AddressInfo).port}`;
  return { DATABASE_URL: url.href };
}

/** **Source** PostgreSQL documentation, message formats: StartupMessage. */
function withoutOptions(message: Buffer): Buffer {
  const parts = message.subarray(8).toString('latin1').split('\0');
  const at = parts.findIndex((part, i) => i % 2 === 0 && part === 'options');
  if (at >= 0) parts.splice(at, 2);
  const body = Buffer.from(parts.join('\0'), 'latin1');
  const head = Buffer.from(message.subarray(0, 8));
  head.writeInt32BE(body.length + 8);
  return Buffer.concat([head, body]);
}

/** BackendKeyData. */
function withOtherProcess(data: Buffer): Buffer {
  const at = data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
  if (at >= 0) data.writeInt32BE(1_000_000, at + 5);
  return data;
}

/** A proxy over https that asks the server from another address of this machine. */
async function startHttpProxy(
  localAddress: string,
  change: (client: { from: string }) => Record<string, string | undefined>,
): Promise<{ url: string; server: Server }> {
  const server = createHttpsServer(
    { cert: await readFile(CERTIFICATE), key: await readFile(join(ROOT, 'test/support/tls/key.pem')) },
    (incoming, outgoing) => {
      const from = (incoming.socket.remoteAddress ?? '').replace('::ffff:', '');
      const headers = Object.entries({ ...incoming.headers, ...change({ from }) });
      const passed = request(app.url + (incoming.url ?? ''), {
        method: incoming.method,
        localAddress,
        headers: Object.fromEntries(headers.filter(([, value]) => value !== undefined)),
      });
      passed.on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    },
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, server };
}
