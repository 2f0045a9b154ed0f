import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from '@jest/globals';
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

let directory: string;
beforeAll(async () => {
  if (!isLong) return;
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-host-'));
}, 240_000);
afterAll(async () => {
  if (isLong) await rm(directory, { recursive: true, force: true });
});

const run = async (command: string, args: string[], cwd = directory): Promise<string> =>
  (await promisify(execFile)(command, args, { cwd, maxBuffer: 1 << 24 })).stdout;

longTest(
  'the package works in a host with another version of Nest, without bringing its own',
  async () => {
    const [tarball = ''] = (await run('npm', ['pack', '--silent', '--pack-destination', directory], ROOT))
      .trim()
      .split('\n')
      .slice(-1);
    const dependencies = {
      '@nestjs/common': NEST,
      '@nestjs/core': NEST,
      '@nestjs/platform-fastify': '^12.0.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.1',
      tokenjar: `file:${tarball}`,
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
  },
  300_000,
);
