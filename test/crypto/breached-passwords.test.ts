import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BreachedPasswords } from '../../src/crypto/breached-passwords.js';
import { buildBreachFilter } from '../../src/crypto/build-breach-filter.js';

const COUNT = 150_000;
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();
const known = (i: number) => `known ${i}`;

let directory: string;
const path = (name: string) => join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-breached-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function filterOf(lines: readonly string[], minCount?: number): Promise<BreachedPasswords> {
  await writeFile(path('list'), lines.join('\n'));
  await buildBreachFilter(path('list'), path('filter'), minCount);
  return BreachedPasswords.open(path('filter'));
}

const hashes = Array.from({ length: COUNT }, (_, i) => sha1(known(i)));
const ordered = [...hashes].sort();

describe.each([
  ['in the order of the hashes', ordered],
  ['in any order', hashes],
  [
    'with counts, small emails, ends of lines of Windows and hashes that come twice',
    [
      ...ordered.map((hash, i) => `${i % 2 ? hash : hash.toLowerCase()}:${i + 1}\r`),
      ...ordered.slice(0, 1000),
      '',
    ],
  ],
])('a list %s', (_what, lines) => {
  let filter: BreachedPasswords;
  let build = 0;
  beforeAll(async () => {
    const start = performance.now();
    filter = await filterOf(lines);
    build = performance.now() - start;
  }, 60_000);

  test('recognises every password, and few others in 65,536', () => {
    expect(filter.size).toBe(COUNT);
    const missed = hashes.findIndex((_, i) => !filter.has(known(i)));
    expect(missed).toBe(-1);
    const others = Array.from({ length: COUNT }, (_, i) => `unknown ${i}`);
    const wrong = others.filter((password) => filter.has(password)).length;
    // 2.3 are expected.
    expect(wrong).toBeLessThan((5 * COUNT) / 65_536);
  });

  test('takes 18 to 20 bits per password, and microseconds per lookup', async () => {
    const { length } = await readFile(path('filter'));
    expect((8 * length) / COUNT).toBeLessThan(20);
    const start = performance.now();
    for (let i = 0; i < 20_000; i++) filter.has(known(i));
    expect((performance.now() - start) / 20_000).toBeLessThan(0.1);
    expect(build).toBeLessThan(30_000);
  });
});

describe('small lists', () => {
  test.each([1, 2, 3, 4, 5, 10, 31, 100, 1000, 3000])('of %i', async (count) => {
    const filter = await filterOf(hashes.slice(0, count));
    expect(filter.size).toBe(count);
    for (let i = 0; i < count; i++) expect([i, filter.has(known(i))]).toEqual([i, true]);
    const wrong = Array.from({ length: 1000 }, (_, i) => filter.has(`unknown ${i}`)).filter(Boolean);
    expect(wrong.length).toBeLessThan(2);
  });

  test('leaves out passwords seen less often', async () => {
    const filter = await filterOf([`${hashes[0]}:9`, `${hashes[1]}:10`, hashes[2] ?? ''], 10);
    expect([0, 1, 2].map((i) => filter.has(known(i)))).toEqual([false, true, true]);
  });

  test('looks up a password as typed and as hashed here', async () => {
    const filter = await filterOf([sha1('cafe\u0301 au lait'), sha1('office party')]);
    expect(filter.has('cafe\u0301 au lait')).toBe(true);
    expect(filter.has('o\ufb03ce party')).toBe(true);
    expect(filter.has('office parties')).toBe(false);
  });

  test('recognises nothing without a file', () => {
    expect(BreachedPasswords.none.has('password')).toBe(false);
  });
});

describe('an invalid list', () => {
  const HASH = sha1('x');
  test.each([
    ['empty', [], /^holds no hash$/],
    ['of rare ones alone', [`${HASH}:1`], /^holds no hash$/],
    ['of passwords', [HASH, 'hunter2'], /^line 2: is neither a SHA-1 hash \(40 hexadecimal digits\) nor/],
    ['of NTLM hashes', [`${'a'.repeat(32)}:3`], /^line 1: a hash of 32 digits is NTLM or MD5/],
    ['of SHA-256 hashes', ['a'.repeat(64)], /^line 1: is neither/],
    ['with a strange count', [`${HASH}:x`], /^line 1: is neither/],
    ['without lines', ['\0'.repeat(3_000_000)], /^line 1: is neither/],
  ])('%s', async (_what, lines, message) => {
    await writeFile(path('output'), 'as it was');
    await writeFile(path('list'), lines.join('\n'));
    await expect(buildBreachFilter(path('list'), path('output'), 2)).rejects.toThrow(message);
    expect(await readFile(path('output'), 'utf8')).toBe('as it was');
  });
});

describe('an unusable file', () => {
  let good: Buffer;
  beforeAll(async () => {
    await filterOf(hashes.slice(0, 1000));
    good = await readFile(path('filter'));
  });

  const changed = (at: number, value: number) => {
    const copy = Buffer.from(good);
    copy[at] = value;
    return copy;
  };

  test.each([
    ['empty', () => Buffer.alloc(0), /is no filter/],
    ['another file', () => Buffer.from('SECRET_KEY=x\n'.repeat(100)), /is no filter/],
    ['cut', () => good.subarray(0, -1), /is damaged or was cut/],
    ['longer', () => Buffer.concat([good, Buffer.alloc(2)]), /is damaged or was cut/],
    ['with another fingerprint', () => changed(good.length - 5, 1 + (good.at(-5) ?? 0)), /is damaged/],
    ['with more shards than there can be', () => changed(13, 255), /is damaged/],
    ['with another seed', () => changed(60, 77), /is damaged/],
    ['of another version', () => changed(8, 2), /is a filter of version 2, .* rebuild it/],
  ])('%s', async (_what, content, message) => {
    await writeFile(path('bad'), content());
    const opening = BreachedPasswords.open(path('bad'));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(path('bad'));
  });

  test('that does not exist', async () => {
    await expect(BreachedPasswords.open(path('nowhere'))).rejects.toThrow(/ENOENT.*nowhere/);
  });
});
