import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { isLong, longTest } from '../support/long.js';
import { build, ROOT, type ServerProcess, startCommand, startProcess } from '../support/server-process.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { QUICK_DIRECTORY } from '../support/quick-directory.mjs';

beforeAll(build, 120_000);

let directory: string;
let database: TestDatabase;
let running: ServerProcess[];
beforeEach(async () => {
  directory = await mkdtemp(join(QUICK_DIRECTORY, 'tokenjar-start-'));
  database = await createEmptyDatabase();
  running = [];
});
afterEach(async () => {
  for (const server of running) {
    server.kill('SIGKILL');
    await server.ended;
  }
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const KINDS = {
  'the embedded database': () => ({ DATA_DIR: join(directory, 'data') }),
  PostgreSQL: () => ({
    DATABASE_URL: 'databaseUrl' in database.settings ? database.settings.databaseUrl : '',
    SECRET_KEY,
  }),
};

function start(environment: Record<string, string>): ServerProcess {
  const server = startProcess(environment, directory);
  running.push(server);
  return server;
}

async function browserOf(server: ServerProcess): Promise<Browser> {
  return new Browser(await server.url);
}

async function stop(server: ServerProcess): Promise<number | null> {
  server.kill('SIGTERM');
  return (await server.ended).code;
}

/** Moments at which a process is killed: one of these takes seconds. */
const some = <Moment>(moments: Moment[]): Moment[] =>
  isLong ? moments : [moments[randomInt(moments.length)] as Moment];

describe.each(Object.entries(KINDS))('on %s', (kind, environment) => {
  /** What is about the server and not about its database. */
  const testOnce = isLong || kind === 'PostgreSQL' ? test : test.skip;

  test('starts, works, and exits with 0', async () => {
    const server = start(environment());
    const user = await browserOf(server);
    expect((await user.get('/health/ready')).status).toBe(200);
    const email = uniqueEmail();
    expect((await user.post('/auth/registration', { email, password: PASSWORD })).status).toBe(201);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });

    const next = await browserOf(start(environment()));
    expect((await next.login(email)).status).toBe(200);
  }, 60_000);

  testOnce(
    'keeps every confirmed account and session when killed at any moment',
    async () => {
      const registered: { email: string; browser: Browser }[] = [];
      for (const answersBefore of some([randomInt(1, 4), randomInt(4, 9), randomInt(9, 16)])) {
        // More accounts than one network may make in an hour.
        const server = start({ ...environment(), RATE_LIMIT: 'off' });
        const url = await server.url;
        const register = async (): Promise<void> => {
          for (;;) {
            const browser = new Browser(url);
            const email = uniqueEmail();
            // Killed: the connection broke, or was refused.
            const answer = await browser
              .post('/auth/registration', { email, password: PASSWORD })
              .catch(() => undefined);
            if (!answer) return;
            // Nothing was confirmed: the machine was too slow for so many at a time.
            if (answer.body.code === 'server_busy') continue;
            expect(answer.status).toBe(201);
            registered.push({ email, browser });
            if (registered.length >= goal) server.kill('SIGKILL');
          }
        };
        const goal = registered.length + answersBefore;
        await Promise.all(Array.from({ length: 4 }, register));
        expect(await server.ended).toMatchObject({ signal: 'SIGKILL' });
      }

      const url = await start(environment()).url;
      expect(registered.length).toBeGreaterThan(isLong ? 13 : 0);
      for (const { email, browser } of registered) {
        expect((await new Browser(url).login(email)).status).toBe(200);
        const cookie = `refresh_token=${await browser.refreshCookie()}`;
        const refreshed = await new Browser(url).post('/auth/token/refresh', undefined, { cookie });
        expect([refreshed.status, refreshed.body.user]).toEqual([200, expect.objectContaining({ email })]);
      }
    },
    120_000,
  );

  longTest(
    'starts again after being killed during its first start',
    async () => {
      const began = performance.now();
      const measured = start(
        kind === 'PostgreSQL' ? environment() : { DATA_DIR: join(directory, 'measured') },
      );
      await measured.url;
      const wholeStart = performance.now() - began;
      await stop(measured);

      for (const share of some([0.4, 0.65, 0.9])) {
        const server = start(environment());
        setTimeout(() => server.kill('SIGKILL'), wholeStart * share);
        await server.ended;
      }
      const user = await browserOf(start(environment()));
      expect(
        (await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD })).status,
      ).toBe(201);
    },
    120_000,
  );

  testOnce(
    'finishes the request in progress when stopped',
    async () => {
      const server = start(environment());
      const email = uniqueEmail();
      const half = await halfRequest(await server.url, JSON.stringify({ email, password: PASSWORD }));
      server.kill('SIGTERM');
      await untilNobodyListens(await server.url);
      expect(await half.finish()).toMatch(/^HTTP\/1\.1 201 /);
      expect((await server.ended).code).toBe(0);
    },
    60_000,
  );

  longTest(
    'closes a kept-alive connection after its request, and exits with 0',
    async () => {
      const server = start({ ...environment(), SHUTDOWN_TIMEOUT: '20s' });
      const body = JSON.stringify({ email: uniqueEmail(), password: PASSWORD });
      const half = await halfRequest(await server.url, body, 'keep-alive');
      const toldAt = performance.now();
      server.kill('SIGTERM');
      await untilNobodyListens(await server.url);
      expect(await half.finish()).toMatch(/^HTTP\/1\.1 201 [^]*\r\nconnection: close\r\n/i);
      expect((await server.ended).code).toBe(0);
      expect(performance.now() - toldAt).toBeLessThan(15_000);
    },
    60_000,
  );

  longTest(
    'stops despite connections without a complete request',
    async () => {
      const server = start({ ...environment(), SHUTDOWN_TIMEOUT: '1h' });
      const { hostname, port } = new URL(await server.url);
      const sent = ['', 'GET /health/li', 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/li'];
      const sockets = sent.map(() => connect(Number(port), hostname).on('error', () => undefined));
      await Promise.all(
        sockets.map(async (socket, i) => {
          await once(socket, 'connect');
          if (sent[i]) socket.write(sent[i]);
        }),
      );
      const half = await halfRequest(await server.url, '{"email":"never@example.com"}');
      server.kill('SIGTERM');
      expect((await server.ended).code).toBe(0);
      for (const socket of [...sockets, half.socket]) socket.destroy();
    },
    60_000,
  );

  longTest(
    'answers requests that were queued by the system when it was stopped',
    async () => {
      const server = start(environment());
      const { hostname, port } = new URL(await server.url);
      // Stopped, it takes no connection: the system does, and keeps what is sent.
      server.kill('SIGSTOP');
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = connect(Number(port), hostname);
          await once(socket, 'connect');
          socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
          return { answer: text(socket).catch((error: unknown) => String(error)) };
        }),
      );
      server.kill('SIGTERM');
      server.kill('SIGCONT');
      for (const { answer } of answers) expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
      expect((await server.ended).code).toBe(0);
    },
    60_000,
  );

  longTest(
    'during DRAIN_TIME it is not ready and still answers, and keeps connections a moment longer',
    async () => {
      const server = start({ ...environment(), DRAIN_TIME: '4s' });
      const user = await browserOf(server);
      await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
      const { hostname, port } = new URL(await server.url);
      const kept = connect(Number(port), hostname);
      const ask = async (path: string) => {
        kept.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
        return String((await once(kept, 'data'))[0]);
      };
      expect(await ask('/health/live')).toMatch(/^HTTP\/1\.1 200 /);
      const toldAt = performance.now();
      server.kill('SIGTERM');
      // One that never says so has gone by then.
      const ready = await eventually(
        () => user.get('/health/ready').catch(() => undefined),
        (answer) => answer?.status !== 200,
      );
      expect([ready?.status, ready?.body.code]).toEqual([503, 'not_ready']);
      const answers = [
        await user.get('/health/live'),
        await user.get('/auth/user'),
        await user.refresh(),
        await user.get('/openapi.json'),
        await user.get('/'),
      ];
      expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
      // A proxy that had to open a new connection for each request would open one at the moment of the end.
      const inDrain = await ask('/health/live');
      expect(inDrain).toMatch(/^HTTP\/1\.1 200 /);
      expect(inDrain).not.toMatch(/\r\nconnection: close\r\n/i);
      await once(kept.resume(), 'close');
      // And a second for one more request.
      expect(performance.now() - toldAt).toBeGreaterThan(4_900);
      expect((await server.ended).code).toBe(0);
    },
    60_000,
  );

  // To close the embedded database can take as long by itself.
  (kind === 'PostgreSQL' ? longTest : test.skip)(
    'a kept connection without a request does not exceed a short SHUTDOWN_TIMEOUT',
    async () => {
      const server = start({ ...environment(), DRAIN_TIME: '1s', SHUTDOWN_TIMEOUT: '1s' });
      const { hostname, port } = new URL(await server.url);
      const kept = connect(Number(port), hostname);
      kept.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(kept, 'data');
      server.kill('SIGTERM');
      expect((await server.ended).code).toBe(0);
      kept.destroy();
    },
    60_000,
  );

  longTest(
    'a second signal ends the draining, a third one the requests in progress',
    async () => {
      const server = start({ ...environment(), DRAIN_TIME: '1h', SHUTDOWN_TIMEOUT: '1h' });
      const half = await halfRequest(await server.url, '{"email":"never@example.com"}');
      let hasEnded = false;
      void server.ended.then(() => (hasEnded = true));
      await eventually(
        () => {
          server.kill('SIGINT');
          return hasEnded;
        },
        Boolean,
        20_000,
      );
      expect((await server.ended).code).toBe(1);
      half.socket.destroy();
    },
    60_000,
  );

  const several = { WEB_CONCURRENCY: kind === 'PostgreSQL' ? '2' : '1' };
  testOnce.each([
    ['start', {}],
    ...(isLong ? [['start:prod', {}] as const] : []),
    ['start:prod', several],
  ] as const)(
    'npm run %s passes the signal on and waits',
    async (script, more) => {
      const command = ['npm', '--no-update-notifier', 'run', '--silent', script];
      const server = startCommand(command, { ...environment(), ...more, DRAIN_TIME: '1s' }, ROOT);
      running.push(server);
      const url = await server.url;
      const live = await new Browser(url).get('/health/live');
      expect(live.status).toBe(200);
      server.kill('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
      await untilNobodyListens(url);
    },
    60_000,
  );

  longTest(
    'aborts requests that exceed SHUTDOWN_TIMEOUT',
    async () => {
      const server = start({ ...environment(), SHUTDOWN_TIMEOUT: '500ms' });
      const half = await halfRequest(await server.url, '{"email":"never@example.com"}');
      server.kill('SIGTERM');
      expect((await server.ended).code).toBe(1);
      half.socket.destroy();
    },
    60_000,
  );

  longTest(
    'logs no secrets',
    async () => {
      const inProduction: Record<string, string> =
        kind === 'PostgreSQL' ? { NODE_ENV: 'production', DRAIN_TIME: '0s' } : {};
      const server = start({ ...environment(), ...inProduction });
      const user = await browserOf(server);
      const email = uniqueEmail();
      await user.post('/auth/registration', { email, password: PASSWORD });
      const accessToken = String(user.accessToken);
      const refreshToken = String(await user.refreshCookie());
      const broken = { body: `{"password":"${PASSWORD}`, headers: { 'content-type': 'application/json' } };
      const answers = [
        await user.refresh(),
        await user.post('/auth/login', { email, password: `${PASSWORD}!` }),
        await user.send('POST', '/auth/login', broken),
        await user.post(`/auth/login?password=${PASSWORD}&token=${accessToken}`, {
          email: 1,
          password: PASSWORD,
        }),
        await user.post('/auth/token/verify', { token: `${accessToken}x` }),
        await user.post('/auth/token/blacklist', { refresh: accessToken }),
        await user.get(`/nowhere/${refreshToken}`),
        await user.post('/auth/logout'),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 400, 400, 401, 401, 404, 204]);
      expect(await stop(server)).toBe(0);

      const key =
        kind === 'PostgreSQL' ? SECRET_KEY : await readFile(join(directory, 'data', 'secret.key'), 'utf8');
      expect(server.said()).toContain('listens on');
      for (const secret of [PASSWORD, accessToken, refreshToken, key])
        expect(server.said()).not.toContain(secret);
    },
    60_000,
  );
});

test('exits at once with 0 when stopped during startup', async () => {
  // Takes connections and says nothing.
  const silent = createServer().listen(0, '127.0.0.1');
  const asked = once(silent, 'connection') as Promise<[Socket]>;
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const server = start({ DATABASE_URL: `postgres://app@127.0.0.1:${port}/app`, SECRET_KEY });
  const [socket] = await asked;
  server.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0, signal: null });
  socket.destroy();
  silent.close();
}, 60_000);

describe('the directory of the embedded database', () => {
  test('is created with the schema, so it needs no migration', async () => {
    const user = await browserOf(start({ DATA_DIR: join(directory, 'data'), MIGRATE: 'off' }));
    expect((await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD })).status).toBe(
      201,
    );
  }, 60_000);

  const modeOf = async (...path: string[]): Promise<string> =>
    ((await stat(join(directory, ...path))).mode & 0o777).toString(8);

  test('is only accessible to its owner, wherever it is, and serves one process', async () => {
    // Longer than the path of a socket may be.
    const deep = 'd'.repeat(120);
    const server = start({ DATA_DIR: `./${deep}` });
    const user = await browserOf(server);
    expect((await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD })).status).toBe(
      201,
    );
    expect([await modeOf(deep), await modeOf(deep, 'secret.key')]).toEqual(['700', '600']);

    const second = await start({ DATA_DIR: join(directory, deep) }).ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/^DATA_DIR: \S+ is in use by another process.*\n$/);
    expect((await user.refresh()).status).toBe(200);
    expect(await stop(server)).toBe(0);
  }, 60_000);

  // Only root can be several users.
  (isLong && process.getuid?.() === 0 ? test : test.skip)(
    'may be a volume that is writable through its group, but holds the data of one user',
    async () => {
      const volume = join(directory, 'volume');
      await mkdir(volume);
      await chown(volume, 0, 54_321);
      await chmod(volume, 0o2770);
      await chmod(directory, 0o755);
      const startAs = (uid: number) => {
        const code = `process.setgroups([]); process.setgid(54321); process.setuid(${uid});
          await import(${JSON.stringify(join(ROOT, 'dist/main.js'))});`;
        const command = [process.execPath, '--input-type=module', '-e', code];
        const server = startCommand(command, { DATA_DIR: volume, HOME: directory }, directory);
        running.push(server);
        return server;
      };
      for (let round = 0; round < 2; round++) {
        const server = startAs(54_322);
        const user = await browserOf(server);
        expect((await user.get('/health/ready')).status).toBe(200);
        const { code, stderr } = await startAs(54_322).ended;
        expect([code, stderr]).toEqual([1, expect.stringMatching(/^DATA_DIR: \S+ is in use .*\n$/)]);
        server.kill('SIGKILL');
        await server.ended;
      }
      const other = await startAs(54_323).ended;
      expect([other.code, other.stderr]).toEqual([
        1,
        expect.stringMatching(/^DATA_DIR: .*permission denied.*postgres.*\n$/),
      ]);
    },
    120_000,
  );
});

/** A registration whose head has arrived and whose body has not. */
async function halfRequest(
  url: string,
  body: string,
  connection = 'close',
): Promise<{ socket: Socket; finish(): Promise<string> }> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const answer = text(socket);
  socket.write(
    `POST /auth/registration HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nExpect: 100-continue\r\nConnection: ${connection}\r\n\r\n`,
  );
  // 100 Continue: it has read the head.
  await once(socket, 'data');
  return {
    socket,
    async finish() {
      socket.write(body);
      return (await answer).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
    },
  };
}

async function text(socket: Socket): Promise<string> {
  let all = '';
  socket.on('data', (data: Buffer) => (all += data.toString()));
  await once(socket, 'close');
  return all;
}

async function untilNobodyListens(url: string): Promise<void> {
  for (;;) {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    try {
      await once(socket, 'connect');
    } catch {
      return;
    } finally {
      socket.destroy();
    }
  }
}
