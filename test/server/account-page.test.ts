import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { startApp, type TestApp } from '../support/app.js';
import { build, ROOT } from '../support/server-process.js';

/** **Unit** bytes. */
const PAGE_LIMIT = 40_000;
const CLIENT_LIMITS = { index: 3000, account: 1500, factors: 2000, 'step-up': 600 };

beforeAll(() => build(), 240_000);

/** As it comes over the wire: nothing is unpacked. */
const fetchRaw = (url: string, encoding = 'br') =>
  new Promise<{ status: number; headers: Record<string, string>; body: Buffer }>((done, failed) => {
    request(url, { headers: { 'accept-encoding': encoding } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        done({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          body: Buffer.concat(parts),
        }),
      );
    })
      .on('error', failed)
      .end();
  });

async function withApp(settings: TokenjarInput, use: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startApp({ accountPage: true, ...settings });
  try {
    await use(app);
  } finally {
    await app.close();
  }
}

/** Everything that the document names. */
const assetsOf = (html: string): string[] =>
  [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
/** What the server told the page. */
const toldBy = (html: string): unknown => {
  const [, content = ''] = /<meta name="tokenjar" content="([^"]*)"/.exec(html) ?? [];
  return JSON.parse(content.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&'));
};

describe('with default settings', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ accountPage: true });
  });
  afterAll(() => app.close());

  test('the page is small, and all its parts are compressed and typed', async () => {
    const page = await fetchRaw(app.url);
    const html = brotliDecompressSync(page.body).toString();
    let transferred = page.body.length;
    const assets = assetsOf(html);
    expect(assets.length).toBeGreaterThanOrEqual(3);
    for (const path of assets) {
      const { status, headers, body } = await fetchRaw(app.url + path);
      expect([path, status, headers['content-encoding']]).toEqual([path, 200, 'br']);
      expect(headers['content-type']).toMatch(/^(text\/(javascript|css)|application\/javascript|image\/svg)/);
      expect(headers['cache-control']).toMatch(/max-age=31536000, immutable/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      transferred += body.length;
    }
    expect(transferred).toBeLessThanOrEqual(PAGE_LIMIT);
  });

  test('clients that accept gzip or no compression get the same content', async () => {
    const [br, gzip, plain] = await Promise.all(
      ['br', 'gzip', 'identity'].map((each) => fetchRaw(app.url, each)),
    );
    expect([br, gzip, plain].map((each) => each?.headers['content-encoding'])).toEqual([
      'br',
      'gzip',
      undefined,
    ]);
    expect(gunzipSync(gzip?.body ?? '')).toEqual(plain?.body);
    expect(brotliDecompressSync(br?.body ?? '')).toEqual(plain?.body);
  });

  test('the policy allows our assets and nothing inline', async () => {
    const { headers, body } = await fetchRaw(app.url, 'identity');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(headers['x-frame-options']).toBe('DENY');
    expect(body.toString()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/);
  });

  test('is not part of the API', async () => {
    const { body } = await app.browser().get('/openapi.json');
    expect(Object.keys(body.paths as object).filter((path) => /^\/(assets.*)?$/.test(path))).toEqual([]);
    const missing = await app.browser().get('/assets/none.js');
    expect([missing.status, missing.body.code]).toEqual([404, 'not_found']);
    const posted = await app.browser().post('/', {});
    expect([posted.status, posted.body.code]).toEqual([405, 'method_not_allowed']);
  });

  test.each(['/assets/../index.html', '/assets/%2e%2e/index.html', '/assets/..%2f..%2fpackage.json'])(
    '%s leads nowhere',
    async (path) => {
      const { status, body } = await fetchRaw(app.url + path, 'identity');
      expect([status, body.includes('"dependencies"')]).toEqual([expect.not.stringMatching('200'), false]);
      expect(status).toBeGreaterThanOrEqual(400);
    },
  );
});

test('contains its configuration', () =>
  withApp(
    {
      pathPrefix: 'api/v1/auth',
      dialect: 'envelope',
      registration: false,
      docsPath: 'api/docs',
      siteName: 'Salt & <Pepper>',
      authHeaderTypes: ['JWT'],
    },
    async (app) => {
      const { body } = await fetchRaw(app.url, 'identity');
      expect(toldBy(body.toString())).toEqual({
        mount: '',
        baseUrl: '/api/v1/auth',
        dialect: 'envelope',
        siteName: 'Salt & <Pepper>',
        scheme: 'JWT',
        registration: false,
        mail: true,
        verification: false,
        secondFactor: true,
        passkeys: true,
        emailCode: false,
        showToken: false,
        passwordMinLength: 15,
        docsUrl: '/api/docs',
      });
      // Before its script has come, too.
      expect(body.toString()).toContain('<title>Salt &amp; &lt;Pepper></title>');
      expect(body.toString()).toContain('<p class="brand">Salt &amp; &lt;Pepper></p>');
    },
  ));

test('without a prefix the API and the page are at the root', () =>
  withApp({ pathPrefix: '', docs: false }, async (app) => {
    const { body } = await fetchRaw(app.url, 'identity');
    expect(toldBy(body.toString())).toMatchObject({ baseUrl: '/', docsUrl: null });
    expect((await app.browser().get('/user')).status).toBe(401);
  }));

test('password managers, robots and browsers find their files', () =>
  withApp({}, async (app) => {
    const managers = await fetchRaw(`${app.url}/.well-known/change-password`, 'identity');
    const { location = '' } = managers.headers;
    const page = new URL(location, `${app.url}/.well-known/change-password`).href;
    expect([managers.status, page]).toEqual([302, `${app.url}/change-password`]);
    expect((await fetchRaw(page, 'identity')).headers['content-type']).toMatch(/^text\/html/);
    const robots = await fetchRaw(`${app.url}/robots.txt`, 'identity');
    expect([robots.headers['content-type'], robots.body.toString()]).toEqual([
      'text/plain; charset=utf-8',
      'User-agent: *\nDisallow: /\n',
    ]);
    const icon = await fetchRaw(`${app.url}/favicon.ico`, 'identity');
    expect([icon.status, icon.headers['content-type']]).toEqual([200, 'image/svg+xml']);
    // How a password manager finds out whether a site says yes to everything.
    const probe = `${app.url}/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200`;
    expect((await fetchRaw(probe, 'identity')).status).toBe(404);
  }));

test('is not served when disabled', () =>
  withApp({ accountPage: false }, async (app) => {
    expect((await app.browser().get('/')).status).toBe(404);
    expect((await app.browser().get('/assets/')).status).toBe(404);
  }));

test('is not served without a refresh cookie, and the log says why', () =>
  withApp({ refreshTokenIn: 'body' }, async (app) => {
    expect((await app.browser().get('/')).status).toBe(404);
    expect(app.log.join('\n')).toContain('The account page is disabled: it needs the refresh cookie');
  }));

test.each(Object.entries(CLIENT_LIMITS))('the built client is small: %s', async (name, limit) => {
  // Where its source map is, no bundler hands on.
  const built = (await readFile(join(ROOT, `client/dist/${name}.js`), 'utf8')).replace(/\n\/\/# .*/, '');
  expect(gzipSync(built, { level: 9 }).length).toBeLessThanOrEqual(limit);
  expect(built).not.toMatch(/\b(localStorage|sessionStorage|indexedDB|document\.cookie)\b/);
});
