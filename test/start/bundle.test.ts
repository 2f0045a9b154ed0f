import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { build, ROOT } from '../support/server-process.js';

beforeAll(build, 120_000);

const builtFile = (name: string): Promise<string> => readFile(join(ROOT, 'dist', name), 'utf8');

test('the programs include their packages and licences', async () => {
  const main = await builtFile('main.js');
  const licences = await builtFile('licenses.txt');
  // Of packages nothing is imported by main but what its own files have.
  expect(main.match(/from "(?![./]|node:)[^"]+"/g) ?? []).toEqual([]);
  for (const name of ['@nestjs/core', 'fastify', 'jsonwebtoken', 'pg', 'rxjs', 'typeorm', 'zod']) {
    const [, text = ''] = licences.split(new RegExp(`^${name} [\\d.]+ \\(.+\\)$`, 'm'));
    expect([name, text.slice(0, 400)]).toEqual([
      name,
      expect.stringMatching(/copyright|permission is hereby/i),
    ]);
  }
});

test('the programs keep little in memory: sources of one byte a character, and no drivers of other databases', async () => {
  const names = await readdir(join(ROOT, 'dist'));
  const bundles = names.filter((name) => /\.bundle\.js$|^(main|cli)\.js$/.test(name));
  expect(bundles.length).toBeGreaterThan(10);
  const sources = await Promise.all(bundles.map(builtFile));
  expect(bundles.filter((_, i) => /\P{ASCII}/u.test(sources[i] ?? ''))).toEqual([]);
  expect(sources.join('')).not.toMatch(/class (MongoDriver|SqlServerDriver|OracleDriver) \{\s*[^\s}]/);
  expect(bundles.filter((name) => /microservices|socket-module/.test(name))).toEqual([]);
  // The threads that hash load what computes; a server that only refreshes does not.
  expect(sources.join('')).toContain('@node-rs/argon2');
  expect(sources.join('')).not.toMatch(/^import .*["']@node-rs\//m);
});

test('the library is not bundled: a host provides Nest', async () => {
  expect(await builtFile('tokenjar.module.js')).toMatch(/from '@nestjs\/core'/);
  expect(await builtFile('index.js')).not.toContain('bundle');
});
