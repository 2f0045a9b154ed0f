import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import ts from 'typescript';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startExample } from '../support/examples.js';
import { longTest } from '../support/long.js';
import { build, ROOT } from '../support/server-process.js';

// examples/nest-app and examples/express-host, copied out of the repository as their reader does, with the built package.

const TEXT_JSON = { 'content-type': 'application/json' };
let directory: string;
let database: TestDatabase;
beforeAll(async () => {
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-apps-'));
  await mkdir(join(directory, 'node_modules'));
  for (const name of await readdir(join(ROOT, 'node_modules')))
    if (!name.startsWith('.'))
      await symlink(join(ROOT, 'node_modules', name), join(directory, 'node_modules', name));
  await symlink(ROOT, join(directory, 'node_modules/tokenjar'));
  for (const name of ['nest-app', 'express-host'])
    await cp(join(ROOT, 'examples', name), join(directory, name), { recursive: true });
  database = await createEmptyDatabase();
}, 240_000);
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

function start(file: string): ReturnType<typeof startExample> {
  const url = 'databaseUrl' in database.settings ? database.settings.databaseUrl : '';
  return startExample(join(directory, file), { DATABASE_URL: url, SECRET_KEY });
}

/** Without its types, which the long form checks. */
async function transpile(app: string): Promise<void> {
  const compilerOptions: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ES2022,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  };
  for (const name of await readdir(join(directory, app, 'src'))) {
    const source = await readFile(join(directory, app, 'src', name), 'utf8');
    const out = join(directory, app, 'dist', name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, ts.transpileModule(source, { compilerOptions, fileName: name }).outputText);
  }
}

longTest('nest-app: who registers with a first name becomes a customer, and may order', async () => {
  await transpile('nest-app');
  const app = await start('nest-app/dist/main.js');
  try {
    const user = new Browser(app.url);
    const credentials = { email: uniqueEmail(), password: PASSWORD };
    const nameless = await user.post('/auth/registration', credentials);
    expect([nameless.status, Object.keys(nameless.body.errors ?? {})]).toEqual([400, ['firstName']]);
    const registered = await user.post('/auth/registration', { ...credentials, firstName: 'Ada' });
    expect([registered.status, registered.body.user]).toEqual([
      201,
      expect.objectContaining({ firstName: 'Ada' }),
    ]);
    const withToken = (token: unknown) => ({ headers: { authorization: `Bearer ${String(token)}` } });
    expect((await fetch(`${app.url}/orders`)).status).toBe(401);
    expect((await user.get('/orders', withToken(registered.body.access_token))).status).toBeGreaterThan(400);
    const refreshed = await eventually(
      () => user.post('/auth/token/refresh'),
      ({ body }) => (body.user as { roles?: string[] } | undefined)?.roles?.includes('customer') === true,
    );
    const { headers } = withToken(refreshed.body.access_token);
    const placed = await fetch(`${app.url}/orders`, {
      method: 'POST',
      headers: { ...headers, ...TEXT_JSON },
      body: JSON.stringify({ article: 'tea' }),
    });
    expect([placed.status, await placed.json()]).toEqual([201, { orders: ['tea'] }]);
    expect((await user.get('/orders', { headers })).body).toEqual({ orders: ['tea'], plan: 'customer' });
  } finally {
    await app.stop();
  }
});

longTest('express-host: the routes of the app stay, and one is for users', async () => {
  const app = await start('express-host/server.js');
  try {
    expect(await (await fetch(app.url)).text()).toBe('<h1>The shop</h1>');
    const form = { method: 'POST', body: new URLSearchParams({ name: 'Ada' }) };
    expect(await (await fetch(`${app.url}/contact`, form)).text()).toBe('Thank you, Ada.');
    const user = new Browser(app.url);
    const { body } = await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    expect((await fetch(`${app.url}/orders`)).status).toBe(401);
    const headers = { authorization: `Bearer ${String(body.access_token)}` };
    expect((await user.get('/orders', { headers })).body).toMatchObject({ orders: [] });
    expect((await user.refresh()).status).toBe(200);
  } finally {
    await app.stop();
  }
});

longTest('nest-app compiles', () => {
  const { config } = ts.readConfigFile(join(directory, 'nest-app/tsconfig.json'), (path) =>
    ts.sys.readFile(path),
  ) as {
    config: object;
  };
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, join(directory, 'nest-app'));
  const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});
