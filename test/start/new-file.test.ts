import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeNewFile } from '../../src/commands/new-file.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-new-file-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('nobody else can read it while it is written, whatever the umask', async () => {
  const umask = process.umask(0);
  try {
    const modes: number[] = [];
    const path = join(directory, 'written');
    await writeNewFile(path, (into) =>
      into(
        (async function* () {
          yield 'one';
          const [part = ''] = await readdir(directory);
          modes.push((await stat(join(directory, part))).mode & 0o777);
          expect(await stat(path).catch(() => undefined)).toBeUndefined();
          yield 'two';
        })(),
      ),
    );
    expect(modes).toEqual([0o600]);
    expect(await readFile(path, 'utf8')).toBe('onetwo');
  } finally {
    process.umask(umask);
  }
});

test('a file that somebody else has made meanwhile is left, and a failure leaves none', async () => {
  const path = join(directory, 'theirs');
  const writing = writeNewFile(path, (into) =>
    into(
      (async function* () {
        yield 'ours';
        await writeFile(path, 'theirs');
      })(),
    ),
  );
  await expect(writing).rejects.toThrow(`${path} exists already; nothing was written`);
  expect(await readFile(path, 'utf8')).toBe('theirs');
  const failing = writeNewFile(join(directory, 'failed'), (into) =>
    into(
      (async function* () {
        yield 'one';
        await Promise.reject(new Error('it broke'));
      })(),
    ),
  );
  await expect(failing).rejects.toThrow('it broke');
  expect((await readdir(directory)).sort()).toEqual(['theirs', 'written']);
});
