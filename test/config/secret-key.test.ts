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

test('generates a key of 32 bytes on the first start, readable by the owner only', async () => {
  const dataDir = join(directory, 'not', 'yet', 'there');
  const { secretKey, isNew } = await keptSecretKey(dataDir);
  expect(isNew).toBe(true);
  expect(Buffer.from(secretKey, 'base64url')).toHaveLength(32);
  expect((await stat(join(dataDir, SECRET_KEY_FILE))).mode & 0o777).toBe(0o600);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
});

test('reads the key on every later start', async () => {
  const { secretKey } = await keptSecretKey(directory);
  expect(await keptSecretKey(directory)).toEqual({ secretKey, isNew: false });
  // An editor puts a line end behind it.
  await writeFile(join(directory, SECRET_KEY_FILE), `${secretKey}\n`);
  expect(await keptSecretKey(directory)).toEqual({ secretKey, isNew: false });
});

test('gives concurrent processes the same key and leaves no other files', async () => {
  const made = await Promise.all(Array.from({ length: 16 }, () => keptSecretKey(directory)));
  const kept = await readFile(join(directory, SECRET_KEY_FILE), 'utf8');
  expect(new Set(made.map(({ secretKey }) => secretKey))).toEqual(new Set([kept]));
  expect(await readdir(directory)).toEqual([SECRET_KEY_FILE]);
});

test('generates different keys for two directories', async () => {
  const [one, other] = await Promise.all(['a', 'b'].map((name) => keptSecretKey(join(directory, name))));
  expect(one?.secretKey).not.toBe(other?.secretKey);
});

test.each(['', '\n'])('refuses a file that a crash left as %j', async (content) => {
  await writeFile(join(directory, SECRET_KEY_FILE), content);
  const key = await keptSecretKey(directory).then(
    ({ secretKey }) => secretKey,
    () => 'refused',
  );
  expect(key.trim()).not.toBe('');
});

test('generates no key if the file cannot be read', async () => {
  const path = join(directory, SECRET_KEY_FILE, 'a-directory-of-that-name');
  await keptSecretKey(path);
  await expect(keptSecretKey(directory)).rejects.toThrow(/^DATA_DIR: .*EISDIR/);
});
