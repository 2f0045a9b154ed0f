import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isLong } from '../support/long.js';
import { BREAKAGES } from './all.js';
import { BrokenSources, isAssertion, type Ran } from './broken-sources.js';
import { sampleOf, weekOf } from './sample.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SAMPLE = 10;

test('each breakage has a place, another text, and a test', () => {
  expect(new Set(BREAKAGES.map(({ id }) => id)).size).toBe(BREAKAGES.length);
  expect(BREAKAGES.length).toBeGreaterThanOrEqual(60);
  for (const { id, file, text, by, test: name, only = '' } of BREAKAGES) {
    const places = readFileSync(ROOT + file, 'utf8').split(text).length - 1;
    const path = `${ROOT}test/${name}.test.ts`;
    const isNamed = existsSync(path) && readFileSync(path, 'utf8').includes(only);
    expect([id, places, text === by, isNamed]).toEqual([id, 1, false, true]);
  }
});

test('each has its week', () => {
  const monday = new Date('2026-11-23T00:00:00Z');
  const weeks = Array.from({ length: Math.ceil(BREAKAGES.length / SAMPLE) }, (_, i) =>
    sampleOf(BREAKAGES, SAMPLE, new Date(monday.getTime() + i * 7 * 86_400_000)),
  );
  expect(new Set(weeks.flat())).toEqual(new Set(BREAKAGES));
  for (const week of weeks) expect(week.length).toBeLessThanOrEqual(SAMPLE);
  expect(weekOf(new Date(monday.getTime() - 1))).toBe(weekOf(monday) - 1);
  expect(weekOf(new Date('2026-11-29T23:59:59Z'))).toBe(weekOf(monday));
});

/** `BREAKAGES=all`, or a part of the names of some. */
const asked = process.env.BREAKAGES;
const sample =
  asked === undefined
    ? sampleOf(BREAKAGES, SAMPLE, new Date())
    : BREAKAGES.filter(({ id }) => asked === 'all' || new RegExp(asked).test(id));

(isLong ? describe : describe.skip)('a defence that is taken away is missed by its test', () => {
  let sources: BrokenSources;
  beforeAll(async () => {
    sources = await BrokenSources.create();
  });
  afterAll(() => sources.remove());

  test('which succeeds with it', async () => {
    // Whoever names no test runs the whole file, and would make the others do so.
    const ran: Ran[] = [];
    for (const form of [undefined, true] as const)
      for (const isNamed of [true, false]) {
        const alike = sample.filter((each) => each.isLong === form && (each.only !== undefined) === isNamed);
        ran.push(...(await sources.run(alike)));
      }
    expect(ran.filter(({ status }) => status !== 'passed')).toEqual([]);
    for (const { id, test: file, only = '' } of sample)
      expect([id, ran.some((each) => each.file === file && each.name.includes(only))]).toEqual([id, true]);
  }, 600_000);

  test.each(sample.map((breakage) => [breakage.id, breakage] as const))(
    '%s',
    async (_, breakage) => {
      const ran = await sources.run([breakage], breakage);
      const failed = ran.filter(({ status }) => status === 'failed');
      const isMissed = failed.some(({ messages }) => messages.some(isAssertion));
      expect([isMissed, isMissed ? [] : failed]).toEqual([true, []]);
    },
    300_000,
  );
});
