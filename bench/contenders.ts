import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { hash } from '@node-rs/argon2';
import type pg from 'pg';
import { connect, createDatabase } from './database.js';
import { cpuOf, cpuOfPostgres, familyOf, memoryOf } from './processes.js';
import { openSessions } from './refreshing.js';
import { type BenchServer, SECRET_KEY, startProcess, startServer } from './server.js';

export const PASSWORD = 'marble cactus orbit lantern';
export const USERS = 1000;
/** One process per core, for all contenders. */
export const PROCESSES = Number(process.env.BENCH_PROCESSES ?? 2);

/** A server to measure. */
export interface Contender {
  name: string;
  /** Why it cannot run here, if so. */
  absent?: () => string | undefined;
  start(): Promise<Running>;
  /** Its paths for our operations. */
  paths: Partial<Record<'refresh' | 'login' | 'user' | 'verify' | 'guarded' | 'role' | 'permission', string>>;
  /** The body of a login; %d is the number of the user. */
  login: string;
}

export interface Running {
  url: URL;
  /** Cookies of sessions that have just begun, `name=value`. */
  cookies(count: number): Promise<string[]>;
  /** CPU time used by its processes, without PostgreSQL. **Unit** milliseconds. */
  cpu(): number;
  /** CPU time used by PostgreSQL, if it runs on this machine. **Unit** milliseconds. */
  cpuOfDatabase(): Promise<number>;
  /** Resident memory of the largest of its processes. **Unit** MiB. */
  memory(): number;
  database: URL;
  stop: () => Promise<void>;
}

/**
 * Tokenjar as built, on a database of its own, every refresh rotating, without limits.
 *
 * @param cwd of another checkout, for the build there.
 */
export const tokenjar = (name: string, settings: Record<string, string> = {}, cwd?: string): Contender => ({
  name,
  paths: {
    refresh: '/auth/token/refresh',
    login: '/auth/login',
    user: '/auth/user',
    verify: '/auth/token/verify',
    guarded: '/auth/session',
  },
  login: JSON.stringify({ email: 'u%d@example.com', password: PASSWORD }),
  start: () =>
    inOwnDatabase(cwd === undefined ? 'tokenjar' : 'before', async (database) => {
      const server = await startServer(
        {
          DATABASE_URL: database.href,
          WEB_CONCURRENCY: `${PROCESSES}`,
          REFRESH_ROTATE_AFTER: '0s',
          RATE_LIMIT: 'off',
          API_KEYS: 'on',
          ...settings,
        },
        cwd,
      );
      return filled(server, database);
    }),
});

/** A host app on the same build; see `host.mjs`. Its users have a role. */
export const host = (name: string, cwd?: string): Contender => ({
  name,
  paths: {
    refresh: '/auth/token/refresh',
    guarded: '/host/token',
    role: '/host/role',
    permission: '/host/permission',
  },
  login: '',
  start: () =>
    inOwnDatabase('host', async (database) => {
      const settings = {
        DATABASE_URL: database.href,
        SECRET_KEY,
        WEB_CONCURRENCY: `${PROCESSES}`,
        NODE_OPTIONS: '--max-semi-space-size=8',
      };
      const server = await startProcess(process.execPath, [resolve('bench/host.mjs')], settings, cwd);
      return filled(server, database, async (db) => {
        await db.query(
          `INSERT INTO tokenjar.roles (name, permissions) VALUES ('clerk', '{orders:read,orders:write}')
           ON CONFLICT DO NOTHING`,
        );
        await db.query(`UPDATE tokenjar.users SET roles = '{clerk}'`);
      });
    }),
});

/** Running, with users who have a password and a session each, made anew for each round. */
async function filled(
  server: BenchServer,
  database: URL,
  more: (db: pg.Client) => Promise<unknown> = () => Promise.resolve(),
): Promise<Running> {
  const db = await connect(database);
  const fill = async () => {
    await db.query('TRUNCATE tokenjar.users, tokenjar.sessions, tokenjar.blacklist CASCADE');
    await db.query('ALTER TABLE tokenjar.users ALTER COLUMN id RESTART');
    const tokens = await openSessions(db, USERS);
    await db.query('UPDATE tokenjar.users SET password_hash = $1', [await hash(PASSWORD, ARGON2)]);
    await more(db);
    await db.query('VACUUM ANALYZE tokenjar.users, tokenjar.sessions');
    return tokens.map((token) => `refresh_token=${token}`);
  };
  return runningOn(server, database, async (count) => (await fill()).slice(0, count), db);
}

/** What our server hashes with. */
export const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The minimum that a rotating refresh has to do; see `limit/server.mjs`. */
export const limit = (algorithm: 'ES256' | 'HS256'): Contender => ({
  name: `limit, ${algorithm}`,
  paths: { refresh: '/auth/token/refresh', login: '/auth/login' },
  login: '{}',
  start: () =>
    inOwnDatabase('limit', async (database) => {
      const db = await connect(database);
      await db.query(
        `CREATE TABLE limit_sessions (id uuid PRIMARY KEY, user_id int NOT NULL, generation int NOT NULL,
           expires_at timestamptz NOT NULL) WITH (fillfactor = 70)`,
      );
      const server = await startProcess(process.execPath, ['bench/limit/server.mjs'], {
        DATABASE_URL: database.href,
        ALGORITHM: algorithm,
        WEB_CONCURRENCY: `${PROCESSES}`,
      });
      return runningOn(server, database, byLogin(server, '{}', '/auth/login'), db);
    }),
});

/** Plain Fastify that checks the access tokens of another server; see `limit/guarded.mjs`. */
export const guardedLimit = (algorithm: 'ES256' | 'HS256', key: Record<string, string>): Contender => ({
  name: `plain Fastify, ${algorithm}`,
  paths: { guarded: '/auth/session' },
  login: '',
  async start() {
    const server = await startProcess(process.execPath, ['bench/limit/guarded.mjs'], {
      ALGORITHM: algorithm,
      WEB_CONCURRENCY: `${PROCESSES}`,
      ...key,
    });
    return runningOn(server, server.url, () => Promise.resolve([]));
  },
});

/** Only the hash of a login; see `limit/argon2.mjs`. */
export const argon2Alone: Contender = {
  name: 'argon2id alone',
  paths: { login: '/' },
  login: '{}',
  async start() {
    const server = await startProcess(process.execPath, ['bench/limit/argon2.mjs'], {});
    return runningOn(server, server.url, () => Promise.resolve([]));
  },
};

/** Django with simplejwt, behind gunicorn. */
export const simplejwt: Contender = {
  name: 'simplejwt, gunicorn',
  absent: () =>
    succeeds('gunicorn', ['--version']) &&
    succeeds(PYTHON, ['-c', 'import rest_framework_simplejwt, psycopg2'])
      ? undefined
      : 'gunicorn, djangorestframework-simplejwt or psycopg2 is not installed',
  paths: {
    refresh: '/auth/token/refresh/',
    login: '/auth/token/',
    user: '/auth/user/',
    verify: '/auth/token/verify/',
  },
  login: JSON.stringify({ username: 'u%d@example.com', password: PASSWORD }),
  start: () =>
    inOwnDatabase('simplejwt', async (database) => {
      const port = await freePort();
      const settings = {
        DATABASE_NAME: database.pathname.slice(1),
        DATABASE_USER: decodeURIComponent(database.username),
        DATABASE_PASSWORD: decodeURIComponent(database.password),
        DATABASE_HOST: database.hostname,
        DATABASE_PORT: database.port,
      };
      execFileSync(PYTHON, ['peer.py', 'prepare', `${USERS}`], {
        cwd: 'bench/peers/simplejwt',
        env: { ...process.env, ...settings },
      });
      const listen = ['-b', `127.0.0.1:${port}`, '--keep-alive', '60'];
      const script = `gunicorn -w ${PROCESSES} -k gthread --threads 4 ${listen.join(' ')} peer:application 2>&1 &
        trap "kill $!" TERM; sleep 3; echo listens on http://127.0.0.1:${port}; wait $!; wait $!`;
      const server = await startProcess('bash', ['-c', script], settings, 'bench/peers/simplejwt');
      return runningOn(server, database, byLogin(server, simplejwt.login, '/auth/token/'));
    }),
};

/** better-auth with its JWT plugin. */
export const betterAuth: Contender = {
  name: 'better-auth',
  absent: () =>
    existsSync('bench/peers/better-auth/node_modules')
      ? undefined
      : 'npm install --prefix bench/peers/better-auth has not run',
  paths: { refresh: '/api/auth/token', login: '/api/auth/sign-in/email', user: '/api/auth/get-session' },
  login: JSON.stringify({ email: 'u%d@example.com', password: PASSWORD }),
  start: () =>
    inOwnDatabase('better_auth', async (database) => {
      const server = await startProcess(
        process.execPath,
        ['server.mjs'],
        { DATABASE_URL: database.href, PORT: `${await freePort()}`, WEB_CONCURRENCY: `${PROCESSES}` },
        'bench/peers/better-auth',
      );
      const signUp = async (count: number) => {
        for (let i = 1; i <= count; i++)
          await post(server.url, '/api/auth/sign-up/email', {
            name: `u${i}`,
            email: `u${i}@example.com`,
            password: PASSWORD,
          });
      };
      let isFilled = false;
      return runningOn(server, database, async (count) => {
        if (!isFilled) await signUp(64);
        isFilled = true;
        return byLogin(server, betterAuth.login, '/api/auth/sign-in/email')(count);
      });
    }),
};

/** The system's Python, for which Debian's packages are made. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

async function inOwnDatabase(purpose: string, start: (database: URL) => Promise<Running>): Promise<Running> {
  const { url, drop } = await createDatabase(purpose);
  const running = await start(url);
  return {
    ...running,
    async stop() {
      await running.stop();
      await drop();
    },
  };
}

function runningOn(server: BenchServer, database: URL, cookies: Running['cookies'], db?: pg.Client): Running {
  const { pid } = server.child;
  return {
    url: server.url,
    database,
    cookies,
    cpu: () => familyOf(pid).reduce((sum, each) => sum + cpuOf(each), 0),
    cpuOfDatabase: async () => (db ? cpuOfPostgres(db) : 0),
    memory: () => Math.max(...familyOf(pid).map(memoryOf)),
    async stop() {
      await db?.end();
      await server.stop();
    },
  };
}

const byLogin =
  ({ url }: BenchServer, login: string, path: string) =>
  async (count: number): Promise<string[]> => {
    const cookies: string[] = [];
    for (let i = 1; i <= count; i++) {
      const answer = await post(url, path, JSON.parse(login.replace('%d', `${i}`)) as object);
      const named = answer.headers
        .getSetCookie()
        .find((line) => /^(refresh_token|[\w.-]*session_token)=/.test(line));
      if (!named)
        throw new Error(`${path} answered ${answer.status} without a cookie: ${await answer.text()}`);
      cookies.push(named.split(';')[0] ?? '');
    }
    return cookies;
  };

export const post = (url: URL, path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url.origin, ...headers },
    body: JSON.stringify(body),
  });

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
