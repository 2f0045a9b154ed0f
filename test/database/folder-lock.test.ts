import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FolderInUse, lockFolder } from '../../src/database/folder-lock.js';
import { build, ROOT } from '../support/server-process.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenjar-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('one holds a folder until it lets go', async () => {
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toEqual(new FolderInUse(folder));
  await lock.release();
  const next = await lockFolder(folder);
  await next.release();
});

test('the refusal names the folder and the way out', () => {
  expect(new FolderInUse('/data').message).toMatch(/^\/data is in use by another process.* DATABASE_URL/);
});

test('of several at once one gets it', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  const locks = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(locks).toHaveLength(1);
  for (const each of tries) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(FolderInUse);
  await locks[0]?.release();
});

test('folders do not get in one another’s way', async () => {
  const locks = await Promise.all([
    lockFolder(folder),
    lockFolder(join(folder, 'a')),
    lockFolder(`${folder}a`),
  ]);
  for (const lock of locks) await lock.release();
  expect(locks).toHaveLength(3);
});

test('a process that is killed lets go', async () => {
  await build();
  const code = `
    const { lockFolder } = await import(${JSON.stringify(join(ROOT, 'dist/database/folder-lock.js'))});
    await lockFolder(${JSON.stringify(folder)});
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  await expect(lockFolder(folder)).rejects.toThrow(FolderInUse);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const lock = await lockFolder(folder);
  await lock.release();
}, 120_000);
