import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const page = fileURLToPath(new URL('../docs/asvs.md', import.meta.url));
const text = readFileSync(page, 'utf8');

/** Requirements of chapters 6.1 to 6.7, 7, 8 and 16 of ASVS 5.0.0, by section. */
const SECTIONS: Record<string, number> = {
  '6.1': 3,
  '6.2': 12,
  '6.3': 8,
  '6.4': 6,
  '6.5': 8,
  '6.6': 4,
  '6.7': 2,
  '7.1': 3,
  '7.2': 4,
  '7.3': 2,
  '7.4': 5,
  '7.5': 3,
  '7.6': 2,
  '8.1': 4,
  '8.2': 4,
  '8.3': 3,
  '8.4': 2,
  '16.1': 1,
  '16.2': 5,
  '16.3': 4,
  '16.4': 3,
  '16.5': 4,
};

test('every requirement has a row, and every answer of yes names a test', () => {
  const rows = [...text.matchAll(/^\| (\d+\.\d+\.\d+) · (\d) +\| (.*?) +\| (.*?) *\|$/gm)];
  const named = rows.map(([, number]) => number);
  const demanded = Object.entries(SECTIONS).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, i) => `${section}.${i + 1}`),
  );
  expect(named).toEqual(demanded);
  for (const [, number, , answer = '', shown = ''] of rows)
    expect([number, /^(Yes|In part)/.test(answer) && shown === '']).toEqual([
      number,
      ['6.5.3', '6.5.8', '16.2.3'].includes(number ?? ''),
    ]);
});

test('every named test exists', () => {
  const links = [...text.matchAll(/\]\((\.\.\/test\/[^)]+)\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(40);
  for (const link of links)
    expect([link, existsSync(fileURLToPath(new URL(link, `file://${page}`)))]).toEqual([link, true]);
});

test('every quoted title exists in the named test', () => {
  const named = [...text.matchAll(/\]\((\.\.\/test\/[^)]+)\): “([^”]+)”/g)];
  expect(named.length).toBeGreaterThan(15);
  for (const [, link = '', title = ''] of named) {
    const source = readFileSync(fileURLToPath(new URL(link, `file://${page}`)), 'utf8');
    expect([link, title, source.includes(title)]).toEqual([link, title, true]);
  }
});
