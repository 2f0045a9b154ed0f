import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build, ROOT } from './support/server-process.js';

/** What npm would put into the package. */
let files: string[];
let sizes: { size: number; unpackedSize: number };
beforeAll(async () => {
  await build();
  const pack = ['pack', '--dry-run', '--json', '--silent', '--ignore-scripts'];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT, maxBuffer: 1 << 24 });
  const [{ files: packed, ...rest }] = JSON.parse(stdout) as [
    { files: { path: string }[]; size: number; unpackedSize: number },
  ];
  sizes = rest;
  files = packed.map(({ path }) => path);
}, 300_000);

const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');
const isThere = (path: string): boolean =>
  files.includes(path) || files.some((each) => each.startsWith(`${path}/`));

const LINK = /\]\(([^)\s]+)\)|src="([^"]+)"|^\[[^\]]+\]: (\S+)/gm;

test('every link of its pages leads to a file in it', async () => {
  expect(files).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/operations.md']));
  const dead: string[] = [];
  for (const page of files.filter((path) => path.endsWith('.md')))
    for (const [, inline, image, reference] of (await read(page)).matchAll(LINK)) {
      const link = inline ?? image ?? reference ?? '';
      if (/^[a-z]+:|^#/.test(link)) continue;
      const target = normalize(join(dirname(page), link.split('#')[0] ?? ''));
      // The tests that a claim names stay in the repository.
      const isEvidence = target.startsWith('test/') && page.startsWith('docs/');
      if (!isThere(target) && !isEvidence) dead.push(`${page} → ${target}`);
    }
  expect(dead).toEqual([]);
});

test('every source map contains its sources', async () => {
  const maps = files.filter((path) => path.startsWith('dist/') && path.endsWith('.js.map'));
  expect(maps.length).toBeGreaterThan(100);
  for (const path of maps) {
    const { sources, sourcesContent = [] } = JSON.parse(await read(path)) as {
      sources: string[];
      sourcesContent?: (string | null)[];
    };
    expect([path, sourcesContent.filter(Boolean).length]).toEqual([path, sources.length]);
  }
  for (const path of files.filter((each) => /^dist\/.*\.js$/.test(each) && !each.startsWith('dist/page/'))) {
    const [, map] = /^\/\/# sourceMappingURL=(\S+)$/m.exec(await read(path)) ?? [];
    if (map !== undefined && !map.startsWith('data:'))
      expect([path, isThere(join(dirname(path), map))]).toEqual([path, true]);
  }
});

test('does not bundle what a host provides', async () => {
  const { dependencies, peerDependencies, devDependencies } = JSON.parse(
    await read('package.json'),
  ) as Record<string, Record<string, string>>;
  for (const name of ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs']) {
    expect([name, dependencies?.[name]]).toEqual([name, undefined]);
    expect(peerDependencies?.[name]).toMatch(/^\^/);
    expect(devDependencies?.[name]).toMatch(/^\d/);
  }
});

test('has two entry points, of which one is not for production, and nothing else can be imported', async () => {
  const load = async (name: string, environment = {}) => {
    const script = `import('${name}').then((all) => console.log(Object.keys(all).length > 3), (error) => console.log(error.code ?? error.message))`;
    const env = { ...process.env, NODE_ENV: '', ...environment };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: ROOT, env });
    return stdout.trim();
  };
  const loaded = ['tokenjar', 'tokenjar/testing', 'tokenjar/dist/users/users.js', 'tokenjar/users'];
  expect(await Promise.all(loaded.map((name) => load(name)))).toEqual([
    ...['true', 'true', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
  ]);
  expect(await load('tokenjar/testing', { NODE_ENV: 'production' })).toBe(
    'tokenjar/testing is not for production',
  );
});

/** Of a host without a database, and with one in production. */
const TEST_OF_A_HOST = `
  import 'reflect-metadata';
  import { existsSync } from 'node:fs';
  import { Module } from '@nestjs/common';
  import { Test } from '@nestjs/testing';
  import { FastifyAdapter } from '@nestjs/platform-fastify';
  import { TokenjarModule } from 'tokenjar';
  import { overrideTokenjar, signIn } from 'tokenjar/testing';

  const compiled = (settings) => {
    class AppModule {}
    Module({ imports: [TokenjarModule.forRoot({ dataDir: './never', ...settings })] })(AppModule);
    const builder = Test.createTestingModule({ imports: [AppModule] });
    const { clock } = overrideTokenjar(builder);
    return builder.compile().then((module) => ({ module, clock }));
  };
  const { module, clock } = await compiled({});
  const app = module.createNestApplication(new FastifyAdapter(), { logger: false });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const { headers } = await signIn(app, { roles: ['admin'] });
  const ask = () => app.inject({ method: 'GET', url: '/auth/session', headers });
  const first = await ask();
  clock.advance(3600);
  console.log(first.statusCode, (await ask()).json().code, existsSync('./never'));
  await app.close();
  const production = { production: true, secretKey: 'k'.repeat(40), databaseUrl: 'postgres://127.0.0.1/none' };
  await compiled(production).catch((error) => console.log(error.message));
`;

test('tests a host on a database of its own, and nothing in production', async () => {
  const args = ['--input-type=module', '-e', TEST_OF_A_HOST];
  const env = { ...process.env, NODE_ENV: '' };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  const lines = stdout.split('\n').filter((line) => !line.includes('[Nest]') && line !== '');
  expect(lines).toEqual(['200 token_expired false', 'tokenjar/testing is not for production']);
});

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({
    pkgDir: 'package',
    strict: true,
    pack: { files: await contents() },
  });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

const contents = (): Promise<{ name: string; data: ArrayBuffer }[]> =>
  Promise.all(
    files.map(async (path) => ({
      name: `package/${path}`,
      data: new Uint8Array(await readFile(join(ROOT, path))).buffer,
    })),
  );

test('contains what it is for, and nothing of the tests or of this machine', () => {
  for (const path of [
    'dist/cli.js',
    'dist/main.js',
    'dist/index.d.ts',
    'dist/database/seed.tar.gz',
    'dist/page/index.html',
  ])
    expect(files).toContain(path);
  for (const path of ['deploy/Dockerfile', 'deploy/compose.yaml', 'deploy/tokenjar.service', 'LICENSE'])
    expect(files).toContain(path);
  const stray = /^(src|test|torture|node_modules|data)\/|(^|\/)\.env$|\.(pem|key|tgz|log|tsbuildinfo)$/;
  expect(files.filter((path) => stray.test(path))).toEqual([]);
});

test('is no larger than it has to be', () => {
  const mebibytes = (bytes: number) => bytes / (1 << 20);
  expect(mebibytes(sizes.size)).toBeLessThan(MOST_PACKED);
  expect(mebibytes(sizes.unpackedSize)).toBeLessThan(MOST_UNPACKED);
});

/** **Unit** MiB. */
const MOST_PACKED = 10;
const MOST_UNPACKED = 29;
