/**
 * How long after the answer to a sign-out another instance still takes the access token.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/revocation-latency.ts --revocations 500
 *
 * Two built servers on one empty database, first with notifications, then by polling alone. Each round signs somebody
 * out at the one and asks the other at once and again until it refuses.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { revocations: { type: 'string', default: '500' } } });
const REVOCATIONS = Number(values.revocations);
const SECRET_KEY = randomBytes(48).toString('base64');
const PASSWORD = 'correct horse battery staple';

interface Server {
  url: string;
  child: ChildProcess;
}

console.log('| feed | revocations | p50 | p99 | longest |\n|---|---|---|---|---|');
for (const feed of ['auto', 'poll']) {
  const servers = [await start(feed), await start(feed)] as const;
  try {
    const delays = await measure(servers[0].url, servers[1].url, feed);
    const at = (part: number) => `${(delays[Math.ceil(delays.length * part) - 1] ?? NaN).toFixed(1)} ms`;
    console.log(`| ${feed} | ${delays.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
  } finally {
    for (const { child } of servers) child.kill('SIGTERM');
    await Promise.all(servers.map(({ child }) => once(child, 'exit')));
  }
}

/** **Unit** milliseconds, sorted. */
async function measure(here: string, there: string, run: string): Promise<number[]> {
  const delays: number[] = [];
  const email = `${run}-${randomBytes(4).toString('hex')}@example.com`;
  await post(`${here}/auth/registration`, { email, password: PASSWORD });
  for (let i = 0; i < REVOCATIONS; i++) {
    const login = await post(`${here}/auth/login`, { email, password: PASSWORD });
    const { access_token: token } = (await login.json()) as { access_token: string };
    const ask = async () => {
      const answer = await fetch(`${there}/auth/session`, { headers: { authorization: `Bearer ${token}` } });
      await answer.arrayBuffer();
      return answer.status;
    };
    if ((await ask()) !== 200) throw new Error('a fresh access token was refused');
    const logout = await post(`${here}/auth/logout`, {}, { authorization: `Bearer ${token}` });
    if (logout.status !== 204) throw new Error(`a sign-out answered ${logout.status}`);
    const began = performance.now();
    for (let status = 200; status === 200;) {
      status = await ask();
      if (status !== 200 && status !== 401) throw new Error(`the other instance answered ${status}`);
    }
    delays.push(performance.now() - began);
  }
  return delays.sort((a, b) => a - b);
}

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function start(feed: string): Promise<Server> {
  const { PATH, DATABASE_URL } = process.env;
  if (!DATABASE_URL) throw new Error('DATABASE_URL: an empty PostgreSQL database is needed');
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: { PATH, HOST: '127.0.0.1', PORT: '0', DATABASE_URL, SECRET_KEY, BLACKLIST_FEED: feed },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((found, failed) => {
    child.stdout.on('data', (data: Buffer) => {
      const [, address] = /listens on (http:\/\/[^\s"]+)/.exec(data.toString()) ?? [];
      if (address) found(address.replace('localhost', '127.0.0.1'));
    });
    child.once('exit', () => failed(new Error('the server ended')));
  });
  return { url, child };
}
