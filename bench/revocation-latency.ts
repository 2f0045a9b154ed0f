/**
 * How long another instance accepts what was revoked: the access token after a sign-out, the removal of a role or a
 * deactivation, and a revoked API key. From the response to the revocation on.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/revocation-latency.ts --revocations 500
 *
 * Two built servers on a database of their own, first with notifications, then only by polling. In each round something
 * is revoked on one server, and the other one is queried continuously until it refuses.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { administrator } from './administrator.js';
import { createDatabase } from './database.js';
import { quantile } from './refreshing.js';
import { startServer } from './server.js';

const { values } = parseArgs({ options: { revocations: { type: 'string', default: '500' } } });
const REVOCATIONS = Number(values.revocations);
const PASSWORD = 'marble cactus orbit lantern';
const ROLE = 'clerk';

/** Two servers, a user, and an administrator, all but the second server on the first. */
interface Scene {
  here: string;
  there: string;
  email: string;
  id: number;
  admin: string;
}

/** What is revoked: gives the credential that is asked with, and revokes it. */
type Revocation = (scene: Scene) => Promise<{ credential: string; revoke: () => Promise<unknown> }>;

const REVOCATIONS_OF: Record<string, Revocation> = {
  'sign-out': async (scene) => {
    const credential = await login(scene);
    return { credential, revoke: () => send(scene, 'POST', 'logout', credential) };
  },
  'API key revoked': async (scene) => {
    const token = await login(scene);
    const { key, id } = await send(scene, 'POST', 'keys', token, { name: 'bench' });
    return { credential: String(key), revoke: () => send(scene, 'DELETE', `keys/${String(id)}`, token) };
  },
  'role removed': async (scene) => {
    await change(scene, { roles: [ROLE] });
    return { credential: await login(scene), revoke: () => change(scene, { roles: [] }) };
  },
  'user deactivated': async (scene) => {
    await change(scene, { active: true });
    return { credential: await login(scene), revoke: () => change(scene, { active: false }) };
  },
};

const settings = { RATE_LIMIT: 'off', API_KEYS: 'on', ACCESS_TOKEN_LIFETIME: '1h' };
console.log('| feed | revoked | times | p50 | p99 | longest |\n|---|---|---|---|---|---|');
for (const feed of ['auto', 'poll']) {
  const database = await createDatabase('revocations');
  const start = () => startServer({ DATABASE_URL: database.url.href, BLACKLIST_FEED: feed, ...settings });
  const servers = [await start(), await start()] as const;
  try {
    const admin = await administrator(servers[0], database.url);
    const [here, there] = [servers[0].url.origin, servers[1].url.origin];
    for (const [what, revocation] of Object.entries(REVOCATIONS_OF)) {
      const email = `${feed}-${randomBytes(4).toString('hex')}@example.com`;
      const { user } = await send({ here }, 'POST', 'registration', '', { email, password: PASSWORD });
      const scene = { here, there, email, id: (user as { id: number }).id, admin };
      await send(scene, 'PUT', `admin/roles/${ROLE}`, admin, { permissions: ['orders:read'] });
      const delays = await measure(scene, revocation);
      const at = (part: number) => `${quantile(delays, part).toFixed(1)} ms`;
      console.log(`| ${feed} | ${what} | ${delays.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
    }
  } finally {
    for (const server of servers) await server.stop();
    await database.drop();
  }
}

/** **Unit** milliseconds, sorted. */
async function measure(scene: Scene, revocation: Revocation): Promise<number[]> {
  const delays: number[] = [];
  for (let i = 0; i < REVOCATIONS; i++) {
    const { credential, revoke } = await revocation(scene);
    const ask = async () => {
      const answer = await fetch(`${scene.there}/auth/session`, {
        headers: { authorization: `Bearer ${credential}` },
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    if ((await ask()) !== 200) throw new Error('what was just given was refused');
    await revoke();
    const began = performance.now();
    for (let status = 200; status === 200;) {
      status = await ask();
      if (status !== 200 && status !== 401) throw new Error(`the other instance answered ${status}`);
    }
    delays.push(performance.now() - began);
  }
  return delays.sort((a, b) => a - b);
}

async function login(scene: Scene): Promise<string> {
  const { access_token: token } = await send(scene, 'POST', 'login', '', {
    email: scene.email,
    password: PASSWORD,
  });
  return String(token);
}

function change(scene: Scene, what: object): Promise<unknown> {
  return send(scene, 'PATCH', `admin/users/${scene.id}`, scene.admin, what);
}

/** Sends a request to the first server. @throws for anything but a success. */
async function send(
  { here }: Pick<Scene, 'here'>,
  method: string,
  path: string,
  token: string,
  body: object = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(`${here}/auth/${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
