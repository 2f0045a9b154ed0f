import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { siteStyle } from '../../src/server/site-colors.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { startApp, type TestApp } from '../support/app.js';
import { build, ROOT } from '../support/server-process.js';

/** **Unit** bytes. */
const PAGE_LIMIT = 40_000;
const CLIENT_LIMITS = {
  index: 3000,
  account: 1500,
  factors: 2000,
  providers: 1500,
  'step-up': 600,
  acting: 1300,
};

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
        siteLogo: null,
        scheme: 'JWT',
        registration: false,
        signInWith: 'email',
        addressNeeded: false,
        mail: true,
        verification: false,
        secondFactor: true,
        passkeys: true,
        providers: [],
        emailCode: false,
        apiKeys: false,
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

describe('return_to', () => {
  const settings = {
    publicUrl: 'https://id.example.com',
    frontendUrl: 'https://app.example.com',
    trustedOrigins: ['https://shop.example.com', 'https://*.pages.example.com'],
  };
  const ask = async (app: TestApp, query: string, path = '/') => {
    const { status, headers } = await fetch(`${app.url}${path}?${query}`, { redirect: 'manual' });
    return [status, headers.get('location')];
  };
  const to = (address: string) => `return_to=${encodeURIComponent(address)}`;

  test('is one allowed address, or the page says that it is none', () =>
    withApp(settings, async (app) => {
      const refused = [303, '?#error=return_to_refused'];
      for (const address of [
        'https://evil.example',
        'https://app.example.com.evil.example/',
        'https://app.example.com@evil.example/',
        'https://user:password@app.example.com/',
        'http://app.example.com/',
        '//evil.example',
        '/\\evil.example',
        '\\\\evil.example',
        '/\t/evil.example',
        'https:evil.example',
        'https:/evil.example',
        'https://a.pages.example.com/',
        'javascript:alert(1)//https://app.example.com',
        'data:text/html,x',
        'welcome',
        '',
      ])
        expect([address, await ask(app, to(address))]).toEqual([address, refused]);
      // Which of them counts must not depend on the reader.
      const [good, evil] = [to('https://app.example.com/'), to('https://evil.example/')];
      for (const query of [`${good}&${evil}`, `${evil}&${good}`, `return%5Fto=${evil.slice(10)}`])
        expect([query, await ask(app, query)]).toEqual([query, refused]);

      const written: [string, string][] = [
        ['/welcome?a=b#c', 'https://app.example.com/welcome?a=b'],
        ['https://shop.example.com', 'https://shop.example.com/'],
        ['https://id.example.com/x', 'https://id.example.com/x'],
        ['HTTPS://APP.example.com/../a', 'https://app.example.com/a'],
      ];
      for (const [asked, address] of written)
        for (const path of ['/', '/forgot-password'])
          expect(await ask(app, `${to(asked)}&utm=1`, path)).toEqual([303, `?${to(address)}`]);
      expect(await ask(app, to('https://app.example.com/welcome'))).toEqual([200, null]);
      expect(await ask(app, 'utm=1')).toEqual([200, null]);
    }));
});

describe('what a site looks like', () => {
  const styleOf = async (app: TestApp) => {
    const html = await (await fetch(app.url)).text();
    const [, path = ''] = /href="(\/assets\/site-[\w-]{8}\.css)"/.exec(html) ?? [];
    return (await fetch(app.url + path)).text();
  };
  /** **Source** WCAG 2.2, relative luminance. */
  const luminance = (color: string) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
      const part = Number.parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16) / 255;
      return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }, 0);
  const contrast = (one: string, other: string) => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const whole = (color: string) => (color.length === 4 ? color.replace(/[^#]/g, '$&$&') : color);

  test('any colour is readable, and one that is stays as it is', () => {
    const parts = ['00', '33', '80', 'cc', 'ff'];
    const colors = parts.flatMap((r) => parts.flatMap((g) => parts.map((b) => `#${r}${g}${b}`)));
    for (const color of [...colors, '#fee500', '#03c75a', '#777']) {
      const themes = siteStyle([color]).split('@media');
      const backgrounds = [
        ['#ffffff', '#f5f7f7'],
        ['#172120', '#0e1514'],
      ];
      for (const [i, theme] of themes.entries()) {
        const [accent = '', strong = '', onAccent = '', soft = ''] = [...theme.matchAll(/#\w+/g)].map(
          ([found]) => whole(found),
        );
        const pairs = [...(backgrounds[i] ?? []), soft].flatMap((each) => [
          [accent, each],
          [strong, each],
        ]);
        for (const [one = '', other = ''] of [...pairs, [onAccent, accent], [onAccent, strong]])
          expect([color, i, one, other, contrast(one, other) >= 4.5]).toEqual([color, i, one, other, true]);
      }
    }
    expect(siteStyle(['#0f766e', '#5eead4'])).toMatch(/^:root\{--accent:#0f766e;.*--accent:#5eead4;/);
  });

  test('its logo and colours come from this server, and nothing runs in a picture', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tokenjar-logo-'));
    const file = join(directory, 'logo.png');
    // Its name promises nothing.
    await writeFile(file, '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const settings = { siteLogo: file, siteColor: ['#036'], siteName: 'Salt' };
    await withApp(settings, async (app) => {
      const html = await (await fetch(app.url)).text();
      const { siteLogo } = toldBy(html) as { siteLogo: string };
      expect(siteLogo).toMatch(/^\/assets\/logo-[\w-]{8}\.svg$/);
      expect(html).toContain(`<img src="${siteLogo}" alt="">Salt</p>`);
      const { status, headers } = await fetch(app.url + siteLogo);
      expect([status, headers.get('content-type'), headers.get('x-content-type-options')]).toEqual([
        200,
        'image/svg+xml',
        'nosniff',
      ]);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.*; sandbox$/);
      expect(await styleOf(app)).toContain('--accent:#003366');
    });
    await writeFile(file, 'a text');
    await expect(startApp({ accountPage: true, ...settings })).rejects.toThrow(
      'neither SVG, PNG, WebP nor JPEG',
    );
    await writeFile(file, Buffer.alloc(200_001));
    await expect(startApp({ accountPage: true, ...settings })).rejects.toThrow('200001 bytes');
    await rm(directory, { recursive: true });
    await expect(startApp({ accountPage: true, ...settings })).rejects.toThrow('SITE_LOGO');
  });
});
