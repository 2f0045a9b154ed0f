import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGE = readFileSync(`${ROOT}docs/security-inventory.md`, 'utf8');

const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.(ts|js)$/.test(path))
  .map((path) => ({ path, text: readFileSync(`${ROOT}src/${path}`, 'utf8') }));

/** The values that are imported, not types alone. */
const importing = (modules: RegExp) =>
  sources
    .filter(({ text }) =>
      [...text.matchAll(/(import|export)( type)?\b([^;]*?)\bfrom '([^']+)'|import\('([^']+)'\)/g)].some(
        ([, , type, names = '', from, dynamic]) =>
          !type && modules.test(from ?? dynamic ?? '') && !/^\s*\{(\s*type \w+\s*,?)+\s*\}\s*$/.test(names),
      ),
    )
    .map(({ path }) => path);

/** Names in backquotes in a section. */
const namesIn = (heading: string): string[] => {
  const [section = ''] = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ') ?? [];
  return [...section.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
};

test('every module that opens or accepts connections is named', () => {
  // What only formats or recognises addresses and messages is none.
  const formats = new Set(
    sources
      .filter(
        ({ text }) =>
          !/\b(connect|createServer|createConnection|request\w*|Resolver|createTransport|new pg\.|extends pg\.|fetch|Client|Pool|super)\(/.test(
            text,
          ),
      )
      .map(({ path }) => path),
  );
  const connecting = importing(
    /^(node:(net|http|https|tls|dns|dns\/promises|dgram)|pg|nodemailer|@nestjs\/platform-fastify|pglite-socket|@electric-sql\/.*)$/,
  ).filter((path) => !formats.has(path));
  const fetching = sources.filter(({ text }) => /(^|[^.\w])fetch\(/.test(text)).map(({ path }) => path);
  const named = namesIn('Connections').filter((name) => name.endsWith('.ts'));
  expect([...connecting, ...fetching].filter((path) => !named.includes(path))).toEqual([]);
  for (const name of named) expect(sources.map(({ path }) => path)).toContain(name);
});

test('every purpose of a key is named', () => {
  const derive = sources.find(({ path }) => path === 'crypto/derive.ts')?.text ?? '';
  const [, purposes = ''] = /type KeyPurpose =([^;]+);/.exec(derive) ?? [];
  const all = [...purposes.matchAll(/'([^']+)'/g)].map(([, purpose]) => purpose);
  expect(all.length).toBeGreaterThan(15);
  expect(namesIn('Keys')).toEqual(expect.arrayContaining(all));
});

test('every table has one level', () => {
  const created = sources.flatMap(({ path, text }) =>
    path.startsWith('database/migrations/')
      ? [
          ...(text.split('async down')[0] ?? '').matchAll(/CREATE TABLE (?:IF NOT EXISTS )?tokenjar\.(\w+)/g),
        ].map(([, name = '']) => name)
      : [],
  );
  const entities = sources.flatMap(({ text }) =>
    [...text.matchAll(/@Entity\(\{ name: '(\w+)'/g)].map(([, name = '']) => name),
  );
  const [, levels = ''] = PAGE.split('| level    | tables');
  const named = [...(levels.split('\n\n')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  expect(named.length).toBe(new Set(named).size);
  expect(created.length + entities.length).toBeGreaterThan(20);
  expect(named).toEqual(expect.arrayContaining([...created, ...entities, 'migrations']));
});

test('no dangerous function is used', () => {
  expect(importing(/^(node:)?(child_process|vm|inspector|repl)$/)).toEqual([]);
  const evaluating = sources.filter(({ text }) => /\beval\(|new Function\(|setTimeout\('/.test(text));
  expect(evaluating.map(({ path }) => path)).toEqual([]);
});

test('what has to be unpredictable is from node:crypto', () => {
  // The others only spread attempts over time.
  const drawing = sources.filter(({ text }) => text.includes('Math.random')).map(({ path }) => path);
  expect(drawing.sort()).toEqual(['audit/audit-chain.ts', 'webhooks/webhook-sending.ts']);
});

test('every component has an exact version and a digest', () => {
  const { packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string; link?: boolean; resolved?: string }>;
  };
  const components = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  );
  expect(components.length).toBeGreaterThan(500);
  for (const [path, { version, integrity, resolved = 'https://registry.npmjs.org/' }] of components)
    expect([path, version, integrity, resolved]).toEqual([
      path,
      expect.stringMatching(/^\d+\.\d+\.\d+/),
      expect.stringMatching(/^sha512-/),
      expect.stringMatching(/^https:\/\/registry\.npmjs\.org\//),
    ]);
});
