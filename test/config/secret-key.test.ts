import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keptSecretKey, SECRET_KEY_FILE } from '../../src/config/secret-key.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-secret-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('the first start makes a key of 32 bytes that only the owner can read', async () => {
  const dataDir = join(directory, 'not', 'yet', 'there');
  const { secretKey, isNew } = await keptSecretKey(dataDir);
  expect(isNew).toBe(true);
  expect(Buffer.from(secretKey, 'base64url')).toHaveLength(32);
  expect((await stat(join(dataDir, SECRET_KEY_FILE))).mode & 0o777).toBe(0o600);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
});

test('every later start finds it', async () => {
  const { secretKey } = await keptSecretKey(directory);
  expect(await keptSecretKey(directory)).toEqual({ secretKey, isNew: false });
  // An editor puts a line end behind it.
  await writeFile(join(directory, SECRET_KEY_FILE), `${secretKey}\n`);
  expect(await keptSecretKey(directory)).toEqual({ secretKey, isNew: false });
});

test('of several that make one at once all get the same, and nothing else is left', async () => {
  const made = await Promise.all(Array.from({ length: 16 }, () => keptSecretKey(directory)));
  const kept = await readFile(join(directory, SECRET_KEY_FILE), 'utf8');
  expect(new Set(made.map(({ secretKey }) => secretKey))).toEqual(new Set([kept]));
  expect(await readdir(directory)).toEqual([SECRET_KEY_FILE]);
});

test('two directorys have two keys', async () => {
  const [one, other] = await Promise.all(['a', 'b'].map((name) => keptSecretKey(join(directory, name))));
  expect(one?.secretKey).not.toBe(other?.secretKey);
});

test.each(['', '\n'])('a file that a crash left as %j is never taken for a key', async (content) => {
  await writeFile(join(directory, SECRET_KEY_FILE), content);
  const key = await keptSecretKey(directory).then(
    ({ secretKey }) => secretKey,
    () => 'refused',
  );
  expect(key.trim()).not.toBe('');
});

test('a file that cannot be read is no reason to make another key', async () => {
  const path = join(directory, SECRET_KEY_FILE, 'a-directory-of-that-name');
  await keptSecretKey(path);
  await expect(keptSecretKey(directory)).rejects.toThrow(/^DATA_DIR: .*EISDIR/);
});
