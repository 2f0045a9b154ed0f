import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { environmentName } from '../src/config/check.js';
import { optionsSchema } from '../src/config/options.js';
import { BUILT_IN_PROVIDERS, PROVIDER_OPTIONS, providerVariable } from '../src/config/provider-settings.js';
import { ERRORS } from '../src/errors.js';
import { kindOf } from '../src/providers/known/kinds.js';
import { build, ROOT } from './support/server-process.js';
import { type Face, readFace } from '../scripts/api-face.mjs';

let fresh: string;
beforeAll(async () => {
  await build();
  fresh = await mkdtemp(join(tmpdir(), 'tokenjar-docs-'));
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/write-docs.mjs'), fresh], { cwd: ROOT });
}, 300_000);
afterAll(() => rm(fresh, { recursive: true, force: true }));

const read = (root: string, path: string): Promise<string> => readFile(join(root, path), 'utf8');

test('generated files are up to date: npm run docs', async () => {
  const paths = (await readdir(fresh, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(fresh, join(entry.parentPath, entry.name)));
  expect(paths).toEqual(expect.arrayContaining(['docs/settings.md', 'docs/errors.md', 'openapi.json']));
  for (const path of paths) expect([path, await read(ROOT, path)]).toEqual([path, await read(fresh, path)]);
});

describe('what hosts can import', () => {
  let face: Face;
  beforeAll(() => {
    face = readFace(join(ROOT, 'dist'));
  });

  test('mentions nothing that they cannot', () => {
    expect(face.forgotten).toEqual([
      // Nest makes the base classes, and their members are Nest's.
      'tokenjar: AccessGuard mentions StrategyGuard',
      // Derived from the table of what is measured; all of them are texts.
      'tokenjar: LabelsOf mentions MEASURES',
      'tokenjar: LabelsOf mentions MeasureName',
      'tokenjar: LabelsOf mentions Strings',
      'tokenjar: TokenjarModule mentions ConfigurableModuleClass',
    ]);
  });

  test('has docstrings', () => expect(face.undocumented).toEqual([]));
});

test('every setting and every error is documented', async () => {
  const settings = await read(fresh, 'docs/settings.md');
  for (const [option, schema] of Object.entries(optionsSchema.shape)) {
    expect(settings).toContain(`\n### ${environmentName(option)}\n\n${schema.meta()?.description}\n`);
    expect(settings).toContain(`**In code** \`${option}\``);
  }
  const errors = await read(fresh, 'docs/errors.md');
  for (const [code, { status }] of Object.entries(ERRORS))
    expect(errors).toContain(`\n| \`${code}\` | ${status} | `);
});

describe('the English and the Korean README', () => {
  const README = 'README.md';
  const KOREAN = 'README.ko.md';

  test('link to each other', async () => {
    expect(await read(ROOT, README)).toContain(`](${KOREAN})`);
    expect(await read(ROOT, KOREAN)).toContain(`](${README})`);
  });

  test('begin with the same two commands, and have the same code', async () => {
    const [english, korean] = await Promise.all([codeOf(README), codeOf(KOREAN)]);
    expect(english.slice(0, 2)).toEqual(['npm ci && npm start', 'npm ci && npm test']);
    expect(korean).toEqual(english);
  });

  test('name the same settings and files, and every file exists', async () => {
    const [english, korean] = await Promise.all([read(ROOT, README), read(ROOT, KOREAN)]);
    const settings = (text: string) => [...new Set(text.match(/`[A-Z][A-Z_]{3,}\b/g))].sort();
    const files = (text: string) =>
      [...new Set(Array.from(text.matchAll(/(?:\]\(|\]: |src=")(?!http)([^)\s"]+)/g), ([, to = '']) => to))]
        .filter((to) => !to.startsWith('README') && !to.startsWith('docs/images/'))
        .sort();
    expect(settings(korean)).toEqual(settings(english));
    expect(files(korean)).toEqual(files(english));
    for (const file of files(english)) await access(join(ROOT, file.replace(/#.*/, '')));
  });

  /** The blocks of code, without diagrams, answers and comments. */
  async function codeOf(path: string): Promise<string[]> {
    const blocks = (await read(ROOT, path)).matchAll(/^```(?:sh|js|ts)\n(.*?)^```$/gms);
    return Array.from(blocks, ([, code = '']) => code.replace(/ *(?:\/\/|#) .*$/gm, '').trim());
  }
});

describe('the pages about providers', () => {
  const OVERVIEW = 'docs/providers.md';

  test('there is one for each provider, which the overview links to', async () => {
    const overview = await read(ROOT, OVERVIEW);
    for (const id of [...BUILT_IN_PROVIDERS, 'any-openid-provider']) {
      expect(overview).toContain(`](providers/${id}.md)`);
      const page = await read(ROOT, `docs/providers/${id}.md`);
      if (id !== 'any-openid-provider') {
        const scopes = kindOf({ id }).scopes;
        expect([id, page]).toEqual([id, expect.stringContaining(`\`${scopes}\``)]);
        expect([id, overview]).toEqual([id, expect.stringContaining(`\`${scopes}\``)]);
        expect([id, page]).toEqual([id, expect.stringContaining('Not tested against the live service')]);
        expect([id, page]).toEqual([id, expect.stringContaining(`/auth/providers/${id}/callback`)]);
      }
    }
  });

  test('their links lead somewhere, and their settings exist', async () => {
    const pages = (await readdir(join(ROOT, 'docs/providers'))).map((file) => `docs/providers/${file}`);
    const reference = await read(fresh, 'docs/settings.md');
    const ofProviders = Object.keys(PROVIDER_OPTIONS).map((option) => providerVariable('x', option).slice(1));
    for (const path of [OVERVIEW, ...pages]) {
      const page = await read(ROOT, path);
      for (const [, to = ''] of page.matchAll(/\]\((?!http)([^)\s]+)\)/g)) {
        const [file = '', anchor] = to.split('#');
        const target = file === '' ? path : join(dirname(path), file);
        const headings = Array.from((await read(ROOT, target)).matchAll(/^#+ (.*)$/gm), ([, text = '']) =>
          text
            .toLowerCase()
            .replaceAll(/[^\w -]/g, '')
            .replaceAll(' ', '-'),
        );
        if (anchor !== undefined)
          expect([path, to, headings]).toEqual([path, to, expect.arrayContaining([anchor])]);
      }
      for (const [, name = ''] of page.matchAll(/^([A-Z][A-Z_]+)=/gm))
        expect([
          path,
          name,
          reference.includes(`### ${name}\n`) || ofProviders.some((end) => name.endsWith(end)),
        ]).toEqual([path, name, true]);
    }
  });
});

describe('openapi.json', () => {
  interface Operation {
    operationId: string;
    responses: Record<string, unknown>;
  }
  let document: { openapi: string; paths: Record<string, Record<string, Operation>> };
  beforeAll(async () => {
    document = JSON.parse(await read(fresh, 'openapi.json')) as typeof document;
  });

  test('every reference resolves', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    expect(references.length).toBeGreaterThan(0);
    for (const path of references) expect([path, at(path)]).toEqual([path, expect.anything()]);
  });

  test('every operation has a unique ID and a documented success', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const names = operations.map(({ operationId }) => operationId);
    expect(names).toEqual([...new Set(names)]);
    for (const { operationId, responses } of operations)
      expect([operationId, ...Object.keys(responses)]).toContainEqual(expect.stringMatching(/^20\d$|^303$/));
  });

  const at = (path: string): unknown =>
    path
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
});
