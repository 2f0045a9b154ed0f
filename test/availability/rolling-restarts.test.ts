import { afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { freePort } from '../../torture/postgres.js';
import { SECRET_KEY } from '../support/app.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type LoadBalancer, startHaproxy, startNginx } from '../support/load-balancer.js';
import { longTestWith, programOf } from '../support/programs.js';
import { RefreshLoad } from '../support/refresh-load.js';
import { build, type ServerProcess, startProcess } from '../support/server-process.js';

beforeAll(build, 240_000);

const RESTARTS = 10;
const BROWSERS = 12;

let database: TestDatabase;
let running: ServerProcess[];
let balancer: LoadBalancer | undefined;
beforeEach(async () => {
  database = await createEmptyDatabase();
  running = [];
});
afterEach(async () => {
  await balancer?.stop();
  balancer = undefined;
  for (const server of running) {
    server.kill('SIGKILL');
    await server.ended;
  }
  await database.drop();
});

/** As in production, but for https; tokens are replaced every two seconds. */
function start(port: number): ServerProcess {
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const server = startProcess({
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    SECRET_KEY,
    PORT: String(port),
    TRUSTED_PROXIES: 'loopback',
    COOKIE_SECURE: 'false',
    RATE_LIMIT: 'off',
    REFRESH_GRACE: '500ms',
    REFRESH_GIVE_UP: '500ms',
    REFRESH_ROTATE_AFTER: '2s',
  });
  running.push(server);
  return server;
}

const BALANCERS = [
  ['HAProxy', programOf('haproxy'), startHaproxy],
  ['nginx', programOf('nginx'), startNginx],
] as const;

for (const [name, program, startBalancer] of BALANCERS)
  longTestWith(program)(
    `two instances behind ${name}, each restarted ${RESTARTS} times: no request fails, nobody is signed out`,
    async () => {
      const ports = [await freePort(), await freePort()];
      const servers = ports.map(start);
      for (const server of servers) await server.url;
      balancer = await startBalancer(program ?? '', ports);
      const isWhole = () => (balancer as LoadBalancer).usesAll();
      expect(await eventually(isWhole, Boolean, 20_000)).toBe(true);

      const load = await RefreshLoad.signUp([balancer.url], BROWSERS);
      load.start();
      const codes = [];
      for (let n = 0; n < 2 * RESTARTS; n++) {
        const at = n % 2;
        servers[at]?.kill('SIGTERM');
        codes.push((await servers[at]?.ended)?.code);
        servers[at] = start(ports[at] as number);
        await servers[at].url;
        expect(await eventually(isWhole, Boolean, 20_000)).toBe(true);
      }
      const { answers, rotations, failures } = await load.stop();
      console.info(`${name}: ${JSON.stringify(answers)}, ${rotations} rotations`);
      expect(failures).toEqual([]);
      expect(Object.keys(answers)).toEqual(['200']);
      expect(codes).toEqual(codes.map(() => 0));
      expect(rotations).toBeGreaterThan(BROWSERS * RESTARTS);
    },
    900_000,
  );
