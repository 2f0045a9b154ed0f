import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deriveKey } from '../src/crypto/derive.js';
import { compare, type Effort, type Entry, type Row } from './compare.js';
import * as contenders from './contenders.js';
import { connect } from './database.js';
import { run } from './load.js';
import { SECRET_KEY } from './server.js';

const { betterAuth, guardedLimit, post, simplejwt, tokenjar, USERS } = contenders;
/** Connections. Few, because PostgreSQL and the load generator share two cores with the server. */
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 8);

/** Of all processes together; see {@link warm}. */
const WARM_LOGINS = 3000;

/** One comparison: ratios are relative to the first row unless `measure` names another. */
export interface Workload {
  title: string;
  what: string;
  measure: string;
  /** Connections, if not those of all others. */
  clients?: number;
  rows(effort: Effort): Promise<Row[]>;
}

const ours = tokenjar('Tokenjar (ES256)');
const oursHs = tokenjar('Tokenjar (HS256)', { ALGORITHM: 'HS256' });
/** The server that does the least signs as we do. */
const limit = contenders.limit('ES256');
const limitHs = contenders.limit('HS256');
const HOST = 'an access token';

export const WORKLOADS: Record<string, Workload> = {
  refresh: {
    title: 'Refresh, every one rotating',
    what: 'Each client refreshes in a chain with the cookie it was last given. The limit is a server that does nothing else, with one statement and one commit for each request.',
    measure: limit.name,
    rows: (effort) =>
      compare([...refreshes(CLIENTS), chain(simplejwt), fetching(betterAuth, 'refresh')], effort),
  },
  'refresh-64': {
    title: 'Refresh with 64 clients, every one rotating',
    what: 'The same with 64 clients, whatever `BENCH_CLIENTS` says: ours share statements, the limit sends one for each request.',
    measure: limit.name,
    clients: 64,
    rows: (effort) => compare(refreshes(64), effort),
  },
  repeat: {
    title: 'Refresh, one token by all at once',
    what: 'All clients present the same token: the first rotates it, the others are given its successor.',
    measure: limit.name,
    rows: (effort) => compare([chain(limit), repeating(ours)], effort),
  },
  guarded: {
    title: 'A guarded request without a query',
    what: '`GET /auth/session`, the same tokens for a plain Fastify that checks them with node:crypto.',
    measure: 'plain Fastify, ES256',
    rows: guarded,
  },
  roles: {
    title: 'Roles and permissions in a host app',
    what: 'Routes of a host app: one that needs an access token, one that needs a role too, one a permission; no query.',
    measure: HOST,
    rows: roles,
  },
  user: {
    title: 'The current user',
    what: 'Access token in, one row of the database out.',
    measure: simplejwt.name,
    rows: (effort) =>
      compare([bearing(simplejwt, 'user'), bearing(ours, 'user'), fetching(betterAuth, 'user')], effort),
  },
  verify: {
    title: 'Verify an access token',
    what: 'The token in the body; ours is also looked up in the blacklist.',
    measure: simplejwt.name,
    rows: (effort) => compare([verifying(simplejwt), verifying(ours)], effort),
  },
  login: {
    title: 'Login',
    what: `${USERS} users in turn. Passwords: argon2id here, PBKDF2 at simplejwt, scrypt at better-auth.`,
    measure: 'argon2id alone',
    rows: login,
  },
  flood: {
    title: 'Refreshes beside a flood of logins',
    what: '64 connections that log in as fast as they are answered, beside the refreshes of the others.',
    measure: 'refreshes alone',
    rows: flood,
  },
  revocations: {
    title: 'Guarded requests beside a storm of revocations',
    what: 'Rows are put into the blacklist as fast as the database takes them; every instance follows.',
    measure: 'guarded requests alone',
    rows: revocations,
  },
  day: {
    title: 'A mixed day',
    what: 'One login, 50 refreshes and 1,000 guarded requests, evenly mixed.',
    measure: ours.name,
    rows: (effort) => compare([day(ours)], effort),
  },
};

/** Ours beside the servers that do the least, with either algorithm. */
export const refreshes = (clients: number): Entry[] => [
  chain(limit, clients),
  chain(ours, clients),
  chain(limitHs, clients),
  { ...chain(oursHs, clients), against: limitHs.name },
];

export function chain(contender: contenders.Contender, clients = CLIENTS): Entry {
  return {
    contender,
    load: async (running) => ({
      kind: 'chain',
      path: contender.paths.refresh ?? '',
      clients,
      more: { COOKIES: file('cookies', await running.cookies(clients)) },
    }),
  };
}

function repeating(contender: contenders.Contender): Entry {
  return {
    contender,
    load: async (running) => ({
      kind: 'fixed',
      path: contender.paths.refresh ?? '',
      clients: CLIENTS,
      headers: { Cookie: (await running.cookies(1))[0] ?? '' },
    }),
  };
}

/** A cookie that does not rotate. */
function fetching(contender: contenders.Contender, what: 'refresh' | 'user'): Entry {
  return {
    contender,
    load: async (running) => ({
      kind: 'fixed',
      method: 'GET',
      path: contender.paths[what] ?? '',
      clients: CLIENTS,
      headers: { Cookie: (await running.cookies(1))[0] ?? '' },
    }),
  };
}

export function bearing(
  contender: contenders.Contender,
  what: 'user' | 'guarded' | 'role' | 'permission',
  tokenOf = accessToken,
): Entry {
  return {
    contender,
    load: async (running) => ({
      kind: 'fixed',
      method: 'GET',
      path: contender.paths[what] ?? '',
      clients: CLIENTS,
      headers: { Authorization: `Bearer ${await tokenOf(contender, running)}` },
    }),
  };
}

/** An API key in place of an access token. */
export const byKey = (contender: contenders.Contender): Entry =>
  bearing(contender, 'guarded', async (...from) => apiKeyOf(from[1], await accessToken(...from)));

function verifying(contender: contenders.Contender): Entry {
  return {
    contender,
    load: async (running) => ({
      kind: 'fixed',
      path: contender.paths.verify ?? '',
      clients: CLIENTS,
      body: JSON.stringify({ token: await accessToken(contender, running) }),
    }),
  };
}

function day(contender: contenders.Contender): Entry {
  return {
    contender,
    load: async (running) => {
      const cookies = await running.cookies(CLIENTS * 2);
      const tokens = [];
      for (const cookie of cookies.slice(CLIENTS)) tokens.push(await refreshed(contender, running, cookie));
      return {
        kind: 'day',
        path: contender.paths.refresh ?? '',
        clients: CLIENTS,
        body: contender.login,
        more: {
          COOKIES: file('cookies', cookies),
          TOKENS: file('tokens', tokens),
          USERS: `${USERS}`,
          LOGIN_PATH: contender.paths.login ?? '',
          GUARDED_PATH: contender.paths.guarded ?? '',
          DAY_REFRESHES: '50',
          DAY_GUARDED: '1000',
        },
      };
    },
  };
}

async function guarded(effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [contender, algorithm] of [
    [ours, 'ES256'],
    [oursHs, 'HS256'],
  ] as const) {
    // The plain server receives the key and a token of this one.
    const running = await contender.start();
    try {
      const token = await accessToken(contender, running);
      const jwks = (await (await fetch(new URL('/.well-known/jwks.json', running.url))).json()) as {
        keys: object[];
      };
      const secret = deriveKey(SECRET_KEY, 'access token').export().toString('base64');
      const key: Record<string, string> =
        algorithm === 'ES256' ? { PUBLIC_JWK: JSON.stringify(jwks.keys[0]) } : { SECRET: secret };
      const load = () =>
        Promise.resolve({
          kind: 'fixed' as const,
          method: 'GET' as const,
          path: '/auth/session',
          clients: CLIENTS,
          headers: { Authorization: `Bearer ${token}` },
        });
      const already = startedAs(contender, running);
      const plain = guardedLimit(algorithm, key);
      const apiKey = await apiKeyOf(running, token);
      const withKey = async () => ({ ...(await load()), headers: { Authorization: `Bearer ${apiKey}` } });
      rows.push(
        ...(await compare(
          [
            { contender: plain, load },
            { contender: already, load, against: plain.name },
            {
              contender: { ...already, name: `${contender.name}, API key` },
              load: withKey,
              against: contender.name,
            },
          ],
          effort,
        )),
      );
    } finally {
      await running.stop();
    }
  }
  return rows;
}

/** The same server under the name of one of its routes. */
const startedAs = (contender: contenders.Contender, running: contenders.Running): contenders.Contender => ({
  ...contender,
  start: () => Promise.resolve({ ...running, stop: () => Promise.resolve() }),
});

async function roles(effort: Effort): Promise<Row[]> {
  const running = await contenders.host(HOST).start();
  const route = (name: string, what: 'guarded' | 'role' | 'permission') =>
    bearing(startedAs(contenders.host(name), running), what);
  try {
    return await compare(
      [route(HOST, 'guarded'), route('a role', 'role'), route('a permission', 'permission')],
      effort,
    );
  } finally {
    await running.stop();
  }
}

async function apiKeyOf({ url }: contenders.Running, token: string): Promise<string> {
  const response = await fetch(new URL('/auth/keys', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: 'bench' }),
  });
  if (response.status !== 201) throw new Error(`no API key: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { key: string }).key;
}

/** Logins of users in turn. */
export const loggingIn = (contender: contenders.Contender): Entry => ({
  contender,
  load: async (running) => {
    await running.cookies(1);
    return {
      kind: 'login',
      path: contender.paths.login ?? '',
      clients: CLIENTS,
      body: contender.login,
      headers: { Origin: running.url.origin },
      more: { USERS: `${contender === betterAuth ? 64 : USERS}` },
    };
  },
  // The peers are compared roughly, and take long.
  ...(contender === betterAuth || contender === simplejwt ? {} : { warmUpRequests: WARM_LOGINS }),
});

function login(effort: Effort): Promise<Row[]> {
  return compare([contenders.argon2Alone, ours, simplejwt, betterAuth].map(loggingIn), effort);
}

async function flood(effort: Effort): Promise<Row[]> {
  const alone = chain({ ...ours, name: 'refreshes alone' });
  const calmly: Entry = {
    ...alone,
    load: async (running) => {
      // The rest of the last flood must be over.
      await wait(2500);
      return alone.load(running);
    },
  };
  const beside: Entry = {
    ...chain({ ...ours, name: 'refreshes beside the flood' }),
    beside: async ({ url }) => {
      const { perSecond } = await run({
        url,
        kind: 'login',
        path: '/auth/login',
        clients: 64,
        // It ends a little after the refreshes, which are measured.
        seconds: effort.seconds + 1,
        body: ours.login,
        expect: [200, 429, 503],
        more: { USERS: `${USERS}` },
      });
      console.error(`the flood was answered ${perSecond.toFixed(0)} times a second`);
    },
  };
  return compare([calmly, beside], effort);
}

async function revocations(effort: Effort): Promise<Row[]> {
  const alone = bearing({ ...ours, name: 'guarded requests alone' }, 'guarded');
  const beside: Entry = {
    ...bearing({ ...ours, name: 'beside the storm' }, 'guarded'),
    beside: ({ database }) => storm(database, effort.seconds * 1000),
  };
  return compare([alone, beside], effort);
}

/** Revokes sessions that do not exist, a hundred per statement. */
async function storm(database: URL, milliseconds: number): Promise<void> {
  const db = await connect(database);
  const ends = performance.now() + milliseconds;
  let rows = 0;
  while (performance.now() < ends) {
    await db.query(
      `INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
       SELECT gen_random_uuid(), 'logout', now(), now() + interval '10 min' FROM generate_series(1, 100)`,
    );
    rows += 100;
  }
  await db.end();
  console.error(`${((rows / milliseconds) * 1000).toFixed(0)} sessions were revoked a second`);
}

async function accessToken(contender: contenders.Contender, running: contenders.Running): Promise<string> {
  const [cookie = ''] = await running.cookies(1);
  return refreshed(contender, running, cookie);
}

async function refreshed(
  contender: contenders.Contender,
  running: contenders.Running,
  cookie: string,
): Promise<string> {
  const answer = await post(running.url, contender.paths.refresh ?? '', {}, { cookie });
  const body = (await answer.json()) as { access_token?: string; access?: string };
  const token = body.access_token ?? body.access;
  if (!token) throw new Error(`${contender.name}: a refresh answered ${answer.status}`);
  return token;
}

function file(name: string, lines: string[]): string {
  const path = join(tmpdir(), `tokenjar-bench-${process.pid}-${name}`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
