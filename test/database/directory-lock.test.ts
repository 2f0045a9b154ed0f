import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DirectoryInUse, lockDirectory } from '../../src/database/directory-lock.js';
import { build, ROOT } from '../support/server-process.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('holds a directory until it is released', async () => {
  const lock = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toEqual(new DirectoryInUse(directory));
  await lock.release();
  const next = await lockDirectory(directory);
  await next.release();
});

test('the error names the directory and a solution', () => {
  expect(new DirectoryInUse('/data').message).toMatch(/^\/data is in use by another process.* DATABASE_URL/);
});

test('lets one of several concurrent processes in', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(directory)));
  const locks = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(locks).toHaveLength(1);
  for (const each of tries)
    if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(DirectoryInUse);
  await locks[0]?.release();
});

test('locks directories independently', async () => {
  const neighbour = await mkdtemp(`${directory}a`);
  const locks = await Promise.all([
    lockDirectory(directory),
    mkdir(join(directory, 'a')).then(() => lockDirectory(join(directory, 'a'))),
    lockDirectory(neighbour),
  ]);
  for (const lock of locks) await lock.release();
  await rm(neighbour, { recursive: true });
  expect(locks).toHaveLength(3);
});

test('cannot be held from outside the directory, and leaves no files', async () => {
  // Its name was a function of the path, in a place where every user of the machine may listen.
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 32);
  const squatter = createServer().listen(`\0tokenjar-${digest}`);
  await once(squatter, 'listening');
  const lock = await lockDirectory(directory);
  expect(await readdir(directory)).toEqual([expect.stringMatching(/^lock-/)]);
  await lock.release();
  squatter.close();
  expect(await readdir(directory)).toEqual([]);
});

test('is still held by a stopped process', async () => {
  const other = await holder();
  other.kill('SIGSTOP');
  await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
  other.kill('SIGKILL');
  await once(other, 'exit');
}, 120_000);

test('is released by a killed process', async () => {
  const other = await holder();
  await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
  other.kill('SIGKILL');
  await once(other, 'exit');
}, 120_000);

/** Another process that has locked the directory. */
async function holder(): Promise<ChildProcess> {
  await build();
  const code = `
    const { lockDirectory } = await import(${JSON.stringify(join(ROOT, 'dist/database/directory-lock.js'))});
    await lockDirectory(${JSON.stringify(directory)});
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  return other;
}
