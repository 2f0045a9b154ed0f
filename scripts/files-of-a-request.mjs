/**
 * Which files of `src` a refresh runs through, by V8's own count of the functions that it calls.
 *
 *     npm run build && DATABASE_URL=postgres://… node scripts/files-of-a-request.mjs
 *
 * The refresh rotates its token, on a server that is warm: what runs only once is not counted. Files that requests with
 * another purpose run through too (`GET /auth/user`, `GET /auth/sessions`, `PATCH /auth/user`, signing out without a
 * token) belong to all requests; the others are the refresh's own. The database is filled: take an empty one.
 */
import { Session } from 'node:inspector/promises';
import { Clock } from '../dist/clock.js';
import { parseOptions } from '../dist/config/check.js';
import { createServer } from '../dist/server/create-server.js';

const { DATABASE_URL: databaseUrl } = process.env;
if (databaseUrl === undefined) throw new Error('DATABASE_URL: an empty PostgreSQL database is needed');

/** Moved on by hand, so that each refresh is due. */
class MovedClock extends Clock {
  seconds = 0;
  now() {
    return new Date(super.now().getTime() + this.seconds * 1000);
  }
}

const ROOT = new URL('../dist/', import.meta.url).href;
const clock = new MovedClock();
const input = {
  databaseUrl,
  clock,
  rateLimit: false,
  accountPage: false,
  blacklistFeed: 'poll',
  secretKey: 'a secret for counting, thirty-two bytes and more',
};
const ignore = () => undefined;
const logger = { log: ignore, warn: ignore, error: console.error };
const app = await createServer(parseOptions(input), logger, input);
await app.listen(0, '127.0.0.1');
const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
const inspector = new Session();
inspector.connect();
await inspector.post('Profiler.enable');

async function ask(path, init) {
  const response = await fetch(url + path, init);
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  const { access_token: token } = JSON.parse((await response.text()) || '{}');
  return { token, cookie: response.headers.get('set-cookie')?.split(';')[0] };
}

const account = { email: `count-${Date.now()}@example.com`, password: 'marble cactus orbit lantern' };
let { cookie, token } = await ask('/auth/registration', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(account),
});
const refresh = async () => {
  clock.seconds += 130;
  ({ cookie, token } = await ask('/auth/token/refresh', { method: 'POST', headers: { cookie } }));
};
const asUser = (path, init) => () =>
  ask(path, { ...init, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
const others = [
  asUser('/auth/user'),
  asUser('/auth/sessions'),
  asUser('/auth/user', { method: 'PATCH', body: '{"locale":"en"}' }),
  () => ask('/auth/logout', { method: 'POST' }),
];

/** The files of which every one of several turns called a function: a timer's are not in all of them. */
async function filesOf(request) {
  await request();
  const counts = new Map();
  const turns = 10;
  for (let turn = 0; turn < turns; turn++) {
    await inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    await request();
    const { result } = await inspector.post('Profiler.takePreciseCoverage');
    await inspector.post('Profiler.stopPreciseCoverage');
    for (const { url: file, functions } of result) {
      const isCalled = functions.some(({ ranges: [whole] }) => whole.count > 0);
      if (file.startsWith(ROOT) && isCalled) counts.set(file, (counts.get(file) ?? 0) + 1);
    }
  }
  const names = [...counts].filter(([, count]) => count === turns).map(([file]) => file.slice(ROOT.length));
  return names.map((name) => name.replace(/\.js$/, '.ts')).sort();
}

const ofRefresh = await filesOf(refresh);
const ofOthers = new Set();
for (const other of others) for (const file of await filesOf(other)) ofOthers.add(file);
const own = ofRefresh.filter((file) => !ofOthers.has(file));
const shared = ofRefresh.filter((file) => ofOthers.has(file));
console.log(
  [`The refresh's own: ${own.length}`, ...own, '', `All requests': ${shared.length}`, ...shared].join('\n'),
);
await app.close();
