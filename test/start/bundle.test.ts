import { readFile } from 'node:fs/promises';
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

test('the library is not bundled: a host provides Nest', async () => {
  expect(await builtFile('tokenjar.module.js')).toMatch(/from '@nestjs\/core'/);
  expect(await builtFile('index.js')).not.toContain('bundle');
});
