/**
 * How long another instance accepts the access token after the response to a sign-out.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/revocation-latency.ts --revocations 500
 *
 * Two built servers on one empty database, first with notifications, then only by polling. Each round signs a user
 * out on one server and queries the other continuously until it refuses.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { quantile } from './refreshing.js';
import { startServer } from './server.js';

const { values } = parseArgs({ options: { revocations: { type: 'string', default: '500' } } });
const REVOCATIONS = Number(values.revocations);
const PASSWORD = 'marble cactus orbit lantern';

console.log('| feed | revocations | p50 | p99 | longest |\n|---|---|---|---|---|');
for (const feed of ['auto', 'poll']) {
  const servers = [
    await startServer({ BLACKLIST_FEED: feed, RATE_LIMIT: 'off' }),
    await startServer({ BLACKLIST_FEED: feed, RATE_LIMIT: 'off' }),
  ] as const;
  try {
    const delays = await measure(servers[0].url.origin, servers[1].url.origin, feed);
    const at = (part: number) => `${quantile(delays, part).toFixed(1)} ms`;
    console.log(`| ${feed} | ${delays.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
  } finally {
    for (const server of servers) await server.stop();
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
