// better-auth with its JWT plugin, limits off. GET /api/auth/token is its nearest thing to a refresh: cookie in, access
// token out; nothing rotates.
//   DATABASE_URL=… PORT=… WEB_CONCURRENCY=2 node server.mjs
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import pg from 'pg';

const { PORT, DATABASE_URL, WEB_CONCURRENCY = '2' } = process.env;
const options = {
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: 'of-the-benchmark-only-and-long-enough-for-it',
  database: new pg.Pool({ connectionString: DATABASE_URL, max: 10 }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [jwt()],
};

if (cluster.isPrimary) {
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const workers = Array.from({ length: Number(WEB_CONCURRENCY) }, () => cluster.fork());
  let listening = 0;
  cluster.on('listening', () => {
    if (++listening === workers.length) console.log(`listens on http://127.0.0.1:${PORT}`);
  });
  process.on('SIGTERM', () => {
    for (const worker of workers) worker.process.kill('SIGKILL');
    process.exit(0);
  });
} else {
  createServer(toNodeHandler(betterAuth(options))).listen(Number(PORT), '127.0.0.1');
}
