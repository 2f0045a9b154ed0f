import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { longTest } from '../support/long.js';
import { build, ROOT, type ServerProcess, startCommand } from '../support/server-process.js';

const CLI = join(ROOT, 'dist/cli.js');
const PASSWORD = 'marble cactus orbit lantern';
const directory = await mkdtemp(join(tmpdir(), 'tokenjar-serve-'));

beforeAll(build, 300_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

const run = (args: string[], environment: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
};

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return String(port);
}

/** As somebody who tries it: sign up, and use the token. */
async function expectAccount(url: string): Promise<void> {
  const registered = await fetch(`${url}/auth/registration`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: PASSWORD }),
  });
  expect(registered.status).toBe(201);
  const { access_token: token } = (await registered.json()) as { access_token: string };
  const user = await fetch(`${url}/auth/user`, { headers: { authorization: `Bearer ${token}` } });
  expect(await user.json()).toMatchObject({ email: 'ada@example.com' });
}

test('without a command, a server starts in an empty directory, says where to go, and ends by a signal', async () => {
  const port = await freePort();
  const server: ServerProcess = startCommand([process.execPath, CLI], { PORT: port }, directory);
  try {
    const url = await server.url;
    await expectAccount(url);
    expect(server.said()).toMatch(
      /Sign up, sign in: http:\/\/127\.0\.0\.1:\d+|Sign up, sign in: http:\/\/localhost:\d+/,
    );
    expect(server.said()).toMatch(/Become its admin .+: http:\/\/localhost:\d+\/invitation#key=/);
    expect((await readdir(directory)).sort()).toEqual(['data']);
    const asked = run(['health'], { HOST: '127.0.0.1', PORT: port });
    expect(asked).toEqual({ status: 0, stdout: 'The server is ready.\n', stderr: '' });
  } finally {
    server.kill('SIGTERM');
  }
  // Requests are ended, the database is closed: not the exit of a command that is interrupted.
  expect(await server.ended).toMatchObject({ code: 0, signal: null });
  expect(run(['health'], { HOST: '127.0.0.1', PORT: port })).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('cannot be reached'),
  });
});

test('serve is the same, and reports settings that stop it', () => {
  expect(run(['serve'], { PORT: 'http' })).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^PORT: must/),
  });
});

test('help and version explain themselves, for each command too', () => {
  const { stdout, status } = run(['--help']);
  expect(status).toBe(0);
  for (const part of ['Without a command, it starts the server', 'serve', 'doctor', 'Examples:', '--version'])
    expect(stdout.replace(/\s+/g, ' ')).toContain(part);
  expect(run(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const [, list = ''] = /\nCommands:\n([^]+?)\n\n/.exec(stdout) ?? [];
  const commands = [...list.matchAll(/^ {2}([a-z-]+)(?: [[<]| {2})/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help');
  expect(commands).toEqual(
    expect.arrayContaining(['serve', 'migrate', 'purge', 'users', 'settings', 'token']),
  );
  for (const name of commands) expect(run([name, '--help']).stdout).toMatch(/Usage: tokenjar [^]+\n\n.{10}/);
  expect(run(['serv'])).toMatchObject({ status: 1, stderr: expect.stringContaining('Did you mean serve?') });
});

longTest(
  'the package, installed into an empty directory, makes an account within a minute of npx tokenjar',
  async () => {
    const place = await mkdtemp(join(tmpdir(), 'tokenjar-installed-'));
    const npm = (...args: string[]) =>
      promisify(execFile)('npm', args, { cwd: place, maxBuffer: 1 << 24, timeout: 240_000 });
    try {
      await npm('pack', ROOT, '--ignore-scripts', '--silent');
      const [tarball = ''] = (await readdir(place)).filter((name) => name.endsWith('.tgz'));
      await npm('init', '--yes');
      await npm(
        'install',
        `./${tarball}`,
        '--omit=dev',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
      );
      const began = performance.now();
      // A group of its own: npx runs a shell, which does not pass signals on.
      const child = spawn('npx', ['--no-install', 'tokenjar'], {
        cwd: place,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: await freePort() },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      const ended = once(child, 'close');
      try {
        let said = '';
        const url = await new Promise<string>((found, failed) => {
          child.stdout.on('data', (data: Buffer) => {
            said += data.toString();
            const [, address] = /listens on (http:\/\/\S+)/.exec(said) ?? [];
            if (address !== undefined) found(address);
          });
          void ended.then(() => failed(new Error(`it ended: ${said}`)));
        });
        await expectAccount(url);
        expect(performance.now() - began).toBeLessThan(60_000);
      } finally {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
        await ended;
      }
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  },
  360_000,
);
