import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { LEVELS } from './asvs/requirements.js';
import { BREAKAGES } from './breakages/all.js';

const page = fileURLToPath(new URL('../docs/asvs.md', import.meta.url));
const text = readFileSync(page, 'utf8');

interface Row {
  number: string;
  level: number;
  answer: string;
  shown: string;
}

const rows = [...text.matchAll(/^\| (\d+\.\d+\.\d+) · (\d) +\| (.*?) +\| (.*?) *\|$/gm)].map(
  ([, number = '', level, answer = '', shown = '']): Row => ({ number, level: Number(level), answer, shown }),
);

/** A test that a row names, and what its title contains. */
const named = rows.flatMap(({ number, shown }) =>
  [...shown.matchAll(/\]\((\.\.\/test\/[^)]+)\)(?:: “([^”]+)”)?/g)].map(([, path = '', title]) => ({
    number,
    path,
    title,
  })),
);

const sourceOf = (path: string): string =>
  readFileSync(fileURLToPath(new URL(path, `file://${page}`)), 'utf8');

test('every requirement of levels 1 and 2 has one row, in order, with its level', () => {
  expect(LEVELS.size).toBe(345);
  const inPage = new Set(rows.map(({ number }) => number));
  const demanded = [...LEVELS].filter(([number, level]) => level < 3 || inPage.has(number));
  expect(rows.map(({ number, level }) => [number, level])).toEqual(demanded);
});

test('an answer is yes, in part, no, or that it does not apply; the first two name a test', () => {
  const KINDS = /^(Yes|In part|If `|No:|Does not apply: )/;
  for (const { number, answer, shown } of rows) {
    const [kind = 'none'] = KINDS.exec(answer) ?? [];
    const isShown = shown.includes('](../test/');
    expect([number, kind, isShown || /^(No|Does not)/.test(kind)]).toEqual([
      number,
      expect.not.stringMatching('none'),
      true,
    ]);
  }
});

test('what a level 3 row says is a claim', () => {
  for (const { number, level, answer } of rows)
    if (level === 3) expect([number, answer]).toEqual([number, expect.not.stringMatching(/^No:/)]);
});

test('every named test exists, and none is skipped', () => {
  expect(named.length).toBeGreaterThan(250);
  for (const { number, path, title } of named) {
    expect([number, path, existsSync(fileURLToPath(new URL(path, `file://${page}`)))]).toEqual([
      number,
      path,
      true,
    ]);
    const source = sourceOf(path);
    // The project for PostgreSQL runs every file, and `longTest` is for the long form.
    expect([path, /\b(test|describe|it)\.(skip|only|todo)\(|\bx(it|test|describe)\(/.test(source)]).toEqual([
      path,
      false,
    ]);
    if (title === undefined) continue;
    expect([number, path, title, source.includes(title)]).toEqual([number, path, title, true]);
  }
});

test('what is broken on purpose belongs to a claim', () => {
  const claims = new Set(rows.filter(({ shown }) => shown !== '').map(({ number }) => number));
  for (const { id, asvs = [] } of BREAKAGES)
    for (const number of asvs) expect([id, number, claims.has(number)]).toEqual([id, number, true]);
  const broken = new Set(BREAKAGES.flatMap(({ asvs = [] }) => asvs));
  expect(broken.size).toBeGreaterThan(60);
});
