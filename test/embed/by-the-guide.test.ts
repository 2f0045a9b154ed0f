import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../../torture/postgres.js';
import { createEmptyDatabase } from '../support/database.js';
import { isLong } from '../support/long.js';
import { longTestWith, programOf } from '../support/programs.js';
import { build, ROOT, startCommand } from '../support/server-process.js';

// Empty folders, the packed package, and what README.md and docs/nestjs.md say, word by word.

/** The blocks of code in a section, by language, in their order. */
async function blocksOf(page: string, section: string): Promise<[language: string, code: string][]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const [, after = ''] = text.split(`\n## ${section}\n`);
  const [body = ''] = after.split('\n## ');
  return [...body.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => [
    language,
    code,
  ]);
}

let guide: {
  install: string;
  tsconfig: string;
  main: string;
  start: string;
  curl: string;
  express: string;
  commonJs: string;
};
let directory: string;
let tarball: string;
beforeAll(async () => {
  const [[, main] = ['', '']] = await blocksOf('README.md', 'Inside a NestJS app');
  const blocks = await blocksOf('docs/nestjs.md', 'From an empty folder');
  expect(blocks.map(([language]) => language)).toEqual(['sh', 'json', 'sh', 'sh', 'ts', 'js']);
  const [install = '', tsconfig = '', start = '', curl = '', express = '', commonJs = ''] = blocks.map(
    ([, code]) => code,
  );
  guide = { install, tsconfig, main, start, curl, express, commonJs };
  if (!isLong) return;
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-guide-'));
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT, maxBuffer: 1 << 24 });
  tarball = join(directory, stdout.trim().split('\n').slice(-1)[0] ?? '');
}, 240_000);
afterAll(async () => {
  if (isLong) await rm(directory, { recursive: true, force: true });
});

/** A shell in a folder, as a reader has it, but for the port, and where npm finds the package. */
const shell = (folder: string) => {
  const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_audit: 'false' };
  return async (commands: string): Promise<string> =>
    (await promisify(execFile)('sh', ['-ec', commands], { cwd: folder, env, maxBuffer: 1 << 24 })).stdout;
};
const packed = (commands: string) => commands.replace('npm install tokenjar ', `npm install ${tarball} `);

const folder = (name: string): Promise<string> => mkdtemp(join(directory, `${name}-`));

/** Starts it, follows the tour with curl, and stops it as an operator does. */
async function tour(at: string, command: string[], port: number): Promise<string> {
  const server = startCommand(command, {}, at);
  const isUp = async () => {
    const { status } = await fetch(`http://127.0.0.1:${port}/orders`).catch(() => ({ status: 0 }));
    return status === 401;
  };
  const ended = server.ended.then(({ stdout, stderr }) => {
    throw new Error(`it ended: ${stdout}${stderr}`);
  });
  ended.catch(() => undefined);
  while (!(await Promise.race([isUp(), ended]))) await new Promise(setImmediate);
  const said = await shell(at)(guide.curl.replaceAll('localhost:3000', `127.0.0.1:${port}`));
  server.kill('SIGTERM');
  expect((await server.ended).stderr).toBe('');
  return said;
}

test('the guide has the app of the README, and says where Express differs', () => {
  const named = guide.main.split('\n').filter((line) => line.includes('Fastify'));
  expect(named).toHaveLength(2);
  expect(guide.express.trim().split('\n')).toHaveLength(2);
});

longTestWith(programOf('curl'))(
  'on Fastify, on Express, and in CommonJS without TypeScript',
  async () => {
    const port = await freePort();
    // Not for the whole network.
    const onLoopback = (code: string) => code.replace('listen(3000)', `listen(${port}, '127.0.0.1')`);
    const main = onLoopback(guide.main);
    const answer = /^HTTP\/1\.1 401 .*\{"orders":\[\],"of":1,"plan":"gold"\}$/s;

    const fastify = await folder('fastify');
    await shell(fastify)(packed(guide.install));
    await writeFile(join(fastify, 'tsconfig.json'), guide.tsconfig);
    await writeFile(join(fastify, 'main.ts'), main);
    const [compile = '', start = ''] = guide.start.trim().split(' && ');
    expect(await shell(fastify)(compile)).toBe('');
    expect(await tour(fastify, start.split(' '), port)).toMatch(answer);

    await rm(join(fastify, 'data'), { recursive: true });
    await writeFile(join(fastify, 'main.cjs'), onLoopback(guide.commonJs));
    expect(await tour(fastify, ['node', 'main.cjs'], port)).toMatch(/"of":1\}$/);

    const express = await folder('express');
    await shell(express)(packed(guide.install.replace('platform-fastify', 'platform-express')));
    await writeFile(join(express, 'tsconfig.json'), guide.tsconfig);
    const lines = guide.express.trim().split('\n');
    const onExpress = main.replace(/^.*Fastify.*$/gm, () => lines.shift() ?? '');
    await writeFile(join(express, 'main.ts'), onExpress);
    expect(await shell(express)(compile)).toBe('');
    expect(await tour(express, start.split(' '), port)).toMatch(answer);
  },
  600_000,
);

/** As the guide says: 0.3 comes first. */
const OLD_TYPEORM = `
  import { getMetadataArgsStorage } from 'typeorm';
  getMetadataArgsStorage();
`;
const HOST_WITH_OLD_TYPEORM = `
  import 'reflect-metadata';
  import './old-typeorm.mjs';
  import { Module } from '@nestjs/common';
  import { NestFactory } from '@nestjs/core';
  import { FastifyAdapter } from '@nestjs/platform-fastify';
  import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
  import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
  import { TokenjarModule, User } from 'tokenjar';

  class Note {}
  Entity('notes')(Note);
  PrimaryGeneratedColumn()(Note.prototype, 'id');
  Column('text')(Note.prototype, 'text');

  const url = process.env.DATABASE_URL;
  class Host {}
  Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url, entities: [Note], synchronize: true }),
      TypeOrmModule.forFeature([Note]),
      TypeOrmModule.forFeature([User], 'tokenjar'),
      TokenjarModule.forRoot({ databaseUrl: url, secretKey: 'a secret of the tests, thirty-two bytes and more' }),
    ],
  })(Host);
  const app = await NestFactory.create(Host, new FastifyAdapter(), { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  const body = JSON.stringify({ email: 'ada@example.com', password: 'a passphrase of some length, unheard of' });
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(\`http://127.0.0.1:\${port}/auth/registration\`, { method: 'POST', body, headers });
  const notes = app.get(getRepositoryToken(Note));
  await notes.save({ text: 'a note' });
  const users = await app.get(getRepositoryToken(User, 'tokenjar')).find();
  const tables = app.get(DataSource).entityMetadatas.map(({ tableName }) => tableName);
  console.log(JSON.stringify([status, await notes.count(), users.map(({ email }) => email), tables]));
  await app.close();
`;

longTestWith(programOf('npm'))(
  'beside TypeORM 0.3 of the host',
  async () => {
    const at = await folder('typeorm');
    await shell(at)(`
      npm init -y && npm pkg set type=module
      npm install --ignore-scripts ${tarball} @nestjs/common@12 @nestjs/core@12 @nestjs/platform-fastify@12 \\
        @nestjs/typeorm@12.0.2 typeorm@0.3.31 pg reflect-metadata rxjs
    `);
    await writeFile(join(at, 'old-typeorm.mjs'), OLD_TYPEORM);
    await writeFile(join(at, 'host.mjs'), HOST_WITH_OLD_TYPEORM);
    const version = async (name: string) => {
      const file = await readFile(join(at, 'node_modules', name, 'package.json'), 'utf8');
      return (JSON.parse(file) as { version: string }).version;
    };
    expect([await version('typeorm'), await version('tokenjar/node_modules/typeorm')]).toEqual([
      '0.3.31',
      expect.stringMatching(/^1\./),
    ]);
    const database = await createEmptyDatabase();
    try {
      const { databaseUrl } = database.settings as { databaseUrl: string };
      const said = await shell(at)(`DATABASE_URL='${databaseUrl}' node host.mjs`);
      expect(JSON.parse(said)).toEqual([201, 1, ['ada@example.com'], ['notes']]);
    } finally {
      await database.drop();
    }
  },
  600_000,
);
