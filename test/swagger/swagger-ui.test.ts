import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { startApp, type TestApp } from '../support/app.js';
import { ROOT } from '../support/server-process.js';

const TYPES: Record<string, RegExp> = {
  js: /^(application|text)\/javascript/,
  css: /^text\/css/,
  png: /^image\/png/,
};

async function withApp(settings: TokenjarInput, use: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startApp(settings);
  try {
    await use(app);
  } finally {
    await app.close();
  }
}

const attributes = (html: string, tag: string, name: string): string[] =>
  [...html.matchAll(new RegExp(`<${tag}\\b[^>]*\\b${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value);

describe.each([
  ['/docs', {}],
  ['/docs/', {}],
  ['/api/v1/schema/swagger-ui', { docsPath: '/api/v1/schema/swagger-ui/', pathPrefix: 'api/v1/auth' }],
  ['/api/v1/schema/swagger-ui/', { docsPath: 'api/v1/schema/swagger-ui', pathPrefix: 'api/v1/auth' }],
  ['/documentation', { docsPath: 'documentation', dialect: 'django' }],
] as [string, TokenjarInput][])('%s', (path, settings) => {
  test('everything the page names comes from us, with its type, and no script stands in it', () =>
    withApp(settings, async (app) => {
      const page = await fetch(app.url + path);
      expect([page.status, page.headers.get('content-type')]).toEqual([
        200,
        expect.stringMatching(/^text\/html/),
      ]);
      const html = await page.text();

      for (const [, open = '', content = ''] of html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)) {
        expect(open).toMatch(/\bsrc="/);
        expect(content.trim()).toBe('');
      }
      expect(html).not.toMatch(/\son\w+="|javascript:/);

      const named = [
        ...attributes(html, 'script', 'src'),
        ...attributes(html, 'link', 'href'),
        ...attributes(html, 'img', 'src'),
      ];
      expect(named.length).toBeGreaterThanOrEqual(5);
      for (const name of named) {
        const url = new URL(name, app.url + path);
        expect(url.origin).toBe(app.url);
        const asset = await fetch(url, { method: 'GET' });
        const extension = url.pathname.split('.').at(-1) ?? '';
        expect([url.pathname, asset.status, asset.headers.get('content-type')]).toEqual([
          url.pathname,
          200,
          expect.stringMatching(TYPES[extension] ?? /never/),
        ]);
        expect(asset.headers.get('x-content-type-options')).toBe('nosniff');
        await asset.arrayBuffer();
      }
    }));

  test('the policy allows scripts and connections of our own alone', () =>
    withApp(settings, async (app) => {
      const { headers } = await fetch(app.url + path);
      const policy = new Map(
        (headers.get('content-security-policy') ?? '').split(';').map((directive) => {
          const [name = '', ...sources] = directive.trim().split(/\s+/);
          return [name, sources];
        }),
      );
      expect(policy.get('default-src')).toEqual(["'none'"]);
      expect(policy.get('script-src')).toEqual(["'self'"]);
      expect(policy.get('connect-src')).toEqual(["'self'"]);
      expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    }));

  test('the page shows the document that we hand out', () =>
    withApp(settings, async (app) => {
      const base = `${app.url}${path.replace(/\/$/, '')}`;
      const script = await (await fetch(`${base}/swagger-ui-init.js`)).text();
      const { body } = await app.browser().get('/openapi.json');
      const [, shown = ''] = /"swaggerDoc": (\{[^]*?\n {2}\}),\n {2}"customOptions"/.exec(script) ?? [];
      expect(JSON.parse(shown)).toEqual(body);
      expect(script).toContain('"validatorUrl": "none"');
      const prefix = settings.pathPrefix ?? 'auth';
      expect(Object.keys(body.paths as object)).toContain(`/${prefix}/login`);
    }));
});

test('the document comes as JSON and as YAML', () =>
  withApp({}, async (app) => {
    const json = await fetch(`${app.url}/openapi.json`);
    expect(json.headers.get('content-type')).toMatch(/^application\/json/);
    const yaml = await fetch(`${app.url}/openapi.yaml`);
    expect([yaml.status, yaml.headers.get('content-type')]).toEqual([200, expect.stringMatching(/yaml/)]);
    expect(await yaml.text()).toMatch(/^openapi: 3\.1\.0\n/);
  }));

test.each([
  [{ docs: false }, 404],
  [{ docs: true }, 200],
  [{ production: true }, 404],
  [{ production: true, docs: true }, 200],
  [{}, 200],
] as const)('%j: the docs answer %i', (settings, status) =>
  withApp(settings, async (app) => {
    for (const path of [
      '/docs',
      '/docs/swagger-ui-init.js',
      '/docs/swagger-ui.css',
      '/openapi.json',
      '/openapi.yaml',
    ]) {
      const answer = await fetch(app.url + path);
      await answer.arrayBuffer();
      expect([path, answer.status]).toEqual([path, status]);
    }
  }),
);

test('the telemetry of the package is off', async () => {
  const { scarfSettings } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    scarfSettings: unknown;
  };
  expect(scarfSettings).toEqual({ enabled: false });
});
