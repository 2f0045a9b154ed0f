/**
 * Plays the whole move from a running Django site, as docs/leaving-django.md tells it, and checks every user and token.
 *
 *     DATABASE_URL=postgres://… npx tsx scripts/django-move.ts SITE
 *
 * SITE is a folder with `dump.sql` (the database), `manifest.json` (`settings`; `endpoints`; `users` with `username`,
 * `password`, `is_active`; `tokens` with `token`, `label`, `claims`, `old_site.refresh.status`) and `start.sh PORT`, which
 * loads the dump, starts the site and prints its process ID. It needs what `npm run build` makes, and of Debian
 * `gunicorn curl postgresql-client python3-django python3-djangorestframework-simplejwt python3-psycopg2
 * python3-argon2 python3-bcrypt`; where these are not installed it says so and does nothing.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createDatabase } from '../bench/database.js';
import { startServer } from '../bench/server.js';

interface Manifest {
  settings: { SECRET_KEY: string };
  endpoints: Record<'login' | 'cookie_refresh' | 'cookie' | 'user', string>;
  users: { id: number; username: string; password: string | null; is_active: boolean; hash_kind: string }[];
  tokens: {
    name: string;
    label: string;
    token: string;
    user_id?: unknown;
    claims: Record<string, unknown> | null;
    old_site: { refresh?: { status: number } };
  }[];
}

/** How many users are signed in at the site before the move. */
const BROWSERS = 5;

let [checks, failures] = [0, 0];

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Say the folder of the site');
const missing = missingOf();
if (missing === undefined) await play(resolve(folder));
else console.log(`Skipped: ${missing}`);

function missingOf(): string | undefined {
  const modules = 'django, rest_framework_simplejwt, psycopg2, argon2, bcrypt, gunicorn';
  try {
    execFileSync('/usr/bin/python3', ['-c', `import ${modules}`], { stdio: 'pipe' });
  } catch {
    return `/usr/bin/python3 has not all of ${modules}`;
  }
  for (const command of ['psql', 'curl'])
    try {
      execFileSync(command, ['--version'], { stdio: 'pipe' });
    } catch {
      return `${command} is not installed`;
    }
  return undefined;
}

async function play(site: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(site, 'manifest.json'), 'utf8')) as Manifest;
  const [there, here] = [await createDatabase('django'), await createDatabase('moved')];
  const port = await freePort();
  const pid = Number(
    execFileSync(join(site, 'start.sh'), [`${port}`], {
      env: {
        ...process.env,
        SITE_LOAD: join(site, 'dump.sql'),
        SITE_DB_HOST: there.url.hostname,
        SITE_DB_PORT: there.url.port || '5432',
        SITE_DB_NAME: there.url.pathname.slice(1),
        SITE_DB_USER: there.url.username,
        SITE_DB_PASSWORD: there.url.password,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    }).trim(),
  );
  try {
    await move(manifest, new URL(`http://127.0.0.1:${port}`), { there: there.url, here: here.url });
  } finally {
    process.kill(pid, 'SIGTERM');
    // It closes its connections.
    await there.drop();
    await here.drop();
  }
}

async function move(
  manifest: Manifest,
  site: URL,
  { there, here }: { there: URL; here: URL },
): Promise<void> {
  const { endpoints, settings } = manifest;
  const environment = {
    DATABASE_URL: here.href,
    SECRET_KEY: settings.SECRET_KEY,
    PATH: process.env.PATH,
  };
  const tokenjar = (...args: string[]) =>
    execFileSync(process.execPath, ['dist/cli.js', ...args], { env: environment, encoding: 'utf8' });
  const importing = (...flags: string[]) => {
    const lines = tokenjar('import', 'django', '--from', there.href, '--json', ...flags);
    return JSON.parse(lines.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  };
  const refresh = (base: URL, token: string) =>
    post(new URL(endpoints.cookie_refresh, base), {}, `${endpoints.cookie}=${token}`);

  tokenjar('migrate');
  check('a dry run finds everybody', importing('--dry-run').added, manifest.users.length);
  check('the import takes everybody', importing('--yes').added, manifest.users.length);

  const signingIn = manifest.users.filter((user) => user.is_active && user.password !== null);
  const cookies: string[] = [];
  for (const { username, password } of signingIn.slice(0, BROWSERS)) {
    const { cookie } = await post(new URL(endpoints.login, site), { username, password });
    if (cookie === undefined) throw new Error(`${username} cannot sign in at the site`);
    cookies.push(cookie);
  }
  const later = importing('--yes');
  check('a later run adds nobody', later.added, 0);

  const server = await startServer({
    ...{ DATABASE_URL: here.href, SECRET_KEY: settings.SECRET_KEY },
    ...{ DIALECT: 'django', SIGN_IN_WITH: 'both', SECOND_FACTOR: 'off' },
    ...{ RATE_LIMIT: 'off', SESSION_LIMIT: '0' },
  });
  try {
    for (const cookie of cookies) check('a cookie goes on', (await refresh(server.url, cookie)).status, 200);
    const [first = '', signedOut = ''] = cookies;
    check('also a second time', (await refresh(server.url, first)).status, 200);
    const out = await post(new URL('/auth/logout/', site), {}, `${endpoints.cookie}=${signedOut}`);
    check('a sign-out at the site', out.status, 200);
    check('ends the session here with the next run', importing('--yes').ended, 1);
    check('and its cookie', (await refresh(server.url, signedOut)).status, 401);
    for (const { name, label, token, claims, old_site: answered } of manifest.tokens) {
      if (answered.refresh === undefined) continue;
      const { status } = await refresh(server.url, token);
      const known = manifest.users.find(({ id }) => String(id) === String(claims?.user_id));
      // simplejwt before 5.5 looks neither at who is inactive nor at who is gone.
      const isAccepted = answered.refresh.status === 200 && known?.is_active === true;
      check(`${label}: ${name}`, status, isAccepted && !hasExpired(claims) ? 200 : 401);
    }
    for (const { username, password, is_active: isActive, hash_kind: kind } of manifest.users) {
      const login = (typed: string) =>
        post(new URL(endpoints.login, server.url), { username, password: typed });
      const isKnown = isActive && password !== null;
      check(`${username} (${kind})`, (await login(password ?? 'a guess')).status, isKnown ? 200 : 400);
      check(`${username} with another password`, (await login(`${password}?`)).status, 400);
    }
  } finally {
    await server.stop();
  }
  console.log(`${checks} checks, ${failures} failures`);
  if (failures > 0) process.exitCode = 1;
}

function check(what: string, found: unknown, wanted: unknown): void {
  checks++;
  if (found === wanted) return;
  failures++;
  console.log(`${what}: ${String(found)} instead of ${String(wanted)}`);
}

function hasExpired(claims: Record<string, unknown> | null): boolean {
  return Number(claims?.exp) * 1000 < Date.now();
}

async function post(
  url: URL,
  body: object,
  cookie?: string,
): Promise<{ status: number; cookie: string | undefined }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie !== undefined && { cookie }) },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  const set = response.headers.getSetCookie().map((line) => /^[^=]+=([^;]+)/.exec(line)?.[1]);
  return { status: response.status, cookie: set.find(Boolean) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
