import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { refuseOtherNest } from '../../src/nest-version.js';
import { isLong, longTest } from '../support/long.js';
import { build, ROOT } from '../support/server-process.js';

/** Not the one that this project is built with. */
const NEST = '12.4.2';
const HOST = `
  import 'reflect-metadata';
  import { Module } from '@nestjs/common';
  import { NestFactory } from '@nestjs/core';
  import { FastifyAdapter } from '@nestjs/platform-fastify';
  import { TokenjarModule } from 'tokenjar';

  class Host {}
  Module({ imports: [TokenjarModule.forRoot({ dataDir: './data' })] })(Host);
  const app = await NestFactory.create(Host, new FastifyAdapter(), { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  const body = JSON.stringify({ email: 'ada@example.com', password: 'a passphrase of some length, unheard of' });
  const headers = { 'content-type': 'application/json' };
  const signedUp = await fetch(\`http://127.0.0.1:\${port}/auth/registration\`, { method: 'POST', body, headers });
  const { access_token: token } = await signedUp.json();
  const session = await fetch(\`http://127.0.0.1:\${port}/auth/session\`, { headers: { authorization: 'Bearer ' + token } });
  console.log(signedUp.status, session.status);
  await app.close();
`;

/** Without `skipLibCheck`. */
const TYPED_HOST = `
  import { Controller, Get } from '@nestjs/common';
  import { Authenticated, CurrentUser, Principal, TokenjarModule } from 'tokenjar';

  @Controller()
  export class NotesController {
    @Get()
    @Authenticated()
    mine(@CurrentUser() me: Principal) {
      return me.userId;
    }
  }
  export const module = TokenjarModule.forRoot({ accessTokenLifetime: '5m' });
`;
const TSCONFIG = {
  compilerOptions: {
    ...{ strict: true, skipLibCheck: false, noEmit: true, types: ['node'] },
    ...{ module: 'nodenext', target: 'es2022', experimentalDecorators: true, emitDecoratorMetadata: true },
  },
};
/** What the samples of a page leave out. */
const PRELUDE = `
  import { Body, Controller, Delete, Get, Param, Post, Req, Res, UnauthorizedException } from '@nestjs/common';

  export class Directory {
    async bind(_name: string, _password: string): Promise<{ mail: string } | undefined> {
      return undefined;
    }
  }
`;

/** Those that import something of ours. */
async function samplesIn(page: string): Promise<[name: string, text: string][]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  return blocks
    .filter((code) => code.includes("from 'tokenjar"))
    .map((code, i) => [`sample-${i}.ts`, PRELUDE + code]);
}

/** Of an app in CommonJS, which loads Nest as it loads Tokenjar. */
const COMMON_JS = `
  require('reflect-metadata');
  (async () => {
    const { TokenjarModule } = await import('tokenjar');
    console.log(TokenjarModule.forRoot({ dataDir: './data' }).module === TokenjarModule);
  })();
`;

let directory: string;
let tarball: string;
beforeAll(async () => {
  if (!isLong) return;
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-host-'));
  [tarball = ''] = (await run('npm', ['pack', '--silent', '--pack-destination', directory], ROOT))
    .trim()
    .split('\n')
    .slice(-1);
}, 240_000);
afterAll(async () => {
  if (isLong) await rm(directory, { recursive: true, force: true });
});

const run = async (command: string, args: string[], cwd = directory): Promise<string> =>
  (await promisify(execFile)(command, args, { cwd, maxBuffer: 1 << 24 })).stdout;

longTest(
  'the package works in a host with another version of Nest, without bringing its own',
  async () => {
    const dependencies = {
      '@nestjs/common': NEST,
      '@nestjs/core': NEST,
      '@nestjs/platform-fastify': '^12.0.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.1',
      '@nestjs/testing': '^12.0.0',
      tokenjar: `file:${tarball}`,
      typescript: '6.0.3',
      '@types/node': '24.10.1',
    };
    await writeFile(
      join(directory, 'package.json'),
      JSON.stringify({ type: 'module', private: true, dependencies }),
    );
    await writeFile(join(directory, 'host.mjs'), HOST);
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']);
    for (const name of ['common', 'core'])
      expect(existsSync(join(directory, 'node_modules/tokenjar/node_modules/@nestjs', name))).toBe(false);
    const core = await readFile(join(directory, 'node_modules/@nestjs/core/package.json'), 'utf8');
    expect(JSON.parse(core)).toMatchObject({ version: NEST });
    expect((await run(process.execPath, ['host.mjs'])).trim()).toBe('201 200');

    await writeFile(join(directory, 'host.ts'), TYPED_HOST);
    const samples = await samplesIn('docs/nestjs.md');
    expect(samples.length).toBeGreaterThan(2);
    for (const [name, text] of samples) await writeFile(join(directory, name), text);
    await writeFile(join(directory, 'app.module.ts'), 'export class AppModule {}');
    const files = ['host.ts', ...samples.map(([name]) => name)];
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ ...TSCONFIG, files }));
    expect(await run('npx', ['tsc', '-p', '.']).catch(({ stdout }: { stdout: string }) => stdout)).toBe('');
    await writeFile(join(directory, 'host.cjs'), COMMON_JS);
    expect((await run(process.execPath, ['host.cjs'])).trim()).toBe('true');
  },
  300_000,
);

longTest(
  'a host with Nest 11 is told so, also where its package manager was made to take it',
  async () => {
    const old = join(directory, 'old');
    await mkdir(old, { recursive: true });
    const dependencies = {
      ...{ '@nestjs/common': '^11.1.0', '@nestjs/core': '^11.1.0', '@nestjs/platform-fastify': '^11.1.0' },
      ...{ 'reflect-metadata': '^0.2.0', rxjs: '^7.8.1', tokenjar: `file:../${tarball}` },
    };
    await writeFile(
      join(old, 'package.json'),
      JSON.stringify({ type: 'module', private: true, dependencies }),
    );
    await writeFile(join(old, 'host.mjs'), HOST);
    const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    await expect(run('npm', install, old)).rejects.toThrow(/peer @nestjs\/common@"\^12/);
    await run('npm', [...install, '--legacy-peer-deps'], old);
    await expect(run(process.execPath, ['host.mjs'], old)).rejects.toThrow(
      /@nestjs\/core: Tokenjar needs Nest 12, and this app has 11\.\d+\.\d+;/,
    );
  },
  300_000,
);

test('another major version of Nest is refused in one sentence', () => {
  expect(() => refuseOtherNest()).not.toThrow();
  expect(() => refuseOtherNest('12.99.0')).not.toThrow();
  for (const version of ['11.2.10', '13.0.0'])
    expect(() => refuseOtherNest(version)).toThrow(
      `@nestjs/core: Tokenjar needs Nest 12, and this app has ${version}; update @nestjs/common and @nestjs/core`,
    );
});
