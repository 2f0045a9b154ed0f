// A host app with three routes: one that needs an access token, one that needs a role too, one a permission.
// It runs the build of the directory that it is started in, with Nest from there.
//   DATABASE_URL=… SECRET_KEY=… WEB_CONCURRENCY=2 node bench/host.mjs
import cluster from 'node:cluster';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { DATABASE_URL: databaseUrl, SECRET_KEY: secretKey, WEB_CONCURRENCY = '2' } = process.env;
const { resolve } = createRequire(join(process.cwd(), 'package.json'));
const load = (path) => import(pathToFileURL(path));

if (cluster.isPrimary) await runWorkers(Number(WEB_CONCURRENCY));
else await serve();

async function runWorkers(count) {
  let listening = 0;
  cluster.on('listening', (_, { port }) => {
    if (++listening === count) console.log(`listens on http://127.0.0.1:${port}`);
    // The first one makes the schema.
    else if (listening === 1) for (let i = 1; i < count; i++) cluster.fork();
  });
  cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    process.exit(0);
  });
}

async function serve() {
  await load(resolve('reflect-metadata'));
  const { Controller, Get, Module, UseGuards } = await load(resolve('@nestjs/common'));
  const { NestFactory } = await load(resolve('@nestjs/core'));
  const { FastifyAdapter } = await load(resolve('@nestjs/platform-fastify'));
  const { AccessGuard, RequireRole, RequireScope, TokenjarModule } = await load(
    join(process.cwd(), 'dist/index.js'),
  );

  class Routes {
    token() {
      return { is: 'good' };
    }
    role() {
      return { is: 'good' };
    }
    permission() {
      return { is: 'good' };
    }
  }
  const guards = {
    token: UseGuards(AccessGuard),
    role: RequireRole('clerk', 'editor'),
    permission: RequireScope('orders:read'),
  };
  for (const [name, guard] of Object.entries(guards)) {
    const method = Object.getOwnPropertyDescriptor(Routes.prototype, name);
    for (const decorate of [Get(name), guard]) decorate(Routes.prototype, name, method);
  }
  Controller('host')(Routes);

  class App {}
  const tokenjar = TokenjarModule.forRoot({
    databaseUrl,
    secretKey,
    rateLimit: false,
    refreshRotateAfter: 0,
  });
  Module({ imports: [tokenjar], controllers: [Routes] })(App);
  const app = await NestFactory.create(App, new FastifyAdapter(), { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
}
