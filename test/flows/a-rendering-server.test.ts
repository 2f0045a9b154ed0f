import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { type Answer, Browser } from '../support/browser.js';
import { startExample } from '../support/examples.js';

// examples/node-ssr signs users in and out and renders their pages, with the real server behind it.

let app: TestApp;
let site: Awaited<ReturnType<typeof startExample>>;
beforeAll(async () => {
  app = await startApp({ trustedProxies: 'loopback', rateLimit: true });
  site = await startExample('node-ssr/server.js', {
    TOKENJAR_URL: app.url,
    ORIGIN: 'https://app.example.com',
    ADDRESS_HEADER: 'x-forwarded-for',
  });
}, 30_000);
afterAll(async () => {
  await site.stop();
  await app.close();
});

/** A browser at the site, which is behind a proxy that ends TLS. */
class Visitor {
  private readonly browser = new Browser(site.url);

  constructor(readonly address = '203.0.113.7') {}

  cookies = new Map<string, string>();

  async send(
    method: string,
    path: string,
    form?: Record<string, string>,
    origin = 'https://app.example.com',
  ) {
    const answer = await this.browser.send(method, path, {
      form,
      cookie: this.cookieHeader(),
      headers: {
        'x-forwarded-for': this.address,
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        ...(form && { origin }),
      },
    });
    for (const line of answer.setCookie) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
  cookieHeader = () => [...this.cookies].map((pair) => pair.join('=')).join('; ');
  open = (path = '/sessions') => this.send('GET', path);
  signIn = (email: string, password = PASSWORD) => this.send('POST', '/sign-in', { email, password });
}

/** Before the sign-in that a test is about, so that this one's session is the newest. */
async function account(): Promise<string> {
  const { email } = await app.signedUp();
  app.clock.advance(1);
  return email;
}
const signedIn = async () => {
  const email = await account();
  const visitor = new Visitor();
  expect((await visitor.signIn(email)).status).toBe(303);
  return { email, visitor };
};
const cookieOf = ({ setCookie }: Answer) => setCookie.find((line) => line.startsWith('__Host-refresh_token'));

test('signs in and out by forms, as the browser that asks', async () => {
  const email = await account();
  const visitor = new Visitor('203.0.113.9');
  const closed = await visitor.open();
  expect([closed.status, closed.headers.get('location')]).toEqual([303, '/sign-in']);
  expect((await visitor.signIn(email, 'wrong')).text).toContain('<p role="alert">bad_credentials</p>');
  await visitor.signIn(email);
  expect([...visitor.cookies.keys()].sort()).toEqual(['__Host-known_device', '__Host-refresh_token']);
  const page = await visitor.open();
  expect(page.text).toContain(`Signed in as ${email}`);
  expect(page.text).toContain('<li>Firefox on Linux</li>');
  expect(page.headers.get('cache-control')).toBe('no-store');
  const [session] = await app.sql<{ ip: string }>(
    'SELECT ip FROM tokenjar.sessions ORDER BY created_at DESC, id DESC LIMIT 1',
  );
  expect(session?.ip).toBe('203.0.113.9');

  const kept = visitor.cookies.get('__Host-refresh_token') ?? '';
  expect((await visitor.send('POST', '/sign-out', {}, 'https://evil.example')).text).toContain(
    'origin_refused',
  );
  expect((await visitor.send('POST', '/sign-out', {})).status).toBe(303);
  expect(visitor.cookies.has('__Host-refresh_token')).toBe(false);
  visitor.cookies.set('__Host-refresh_token', kept);
  expect((await visitor.open()).status).toBe(303);
});

test('one page is one refresh, and pages that are rendered at once end no session', async () => {
  const { email, visitor } = await signedIn();
  const refreshes = () => app.requestLog.filter(({ operation }) => operation === 'refreshToken').length;
  const before = refreshes();
  await visitor.open();
  expect(refreshes() - before).toBe(1);

  for (let round = 0; round < 3; round++) {
    app.clock.pastRotation();
    const pages = await Promise.all(Array.from({ length: 10 }, () => visitor.open()));
    expect(pages.filter(({ text }) => text.includes(email))).toHaveLength(10);
    expect(new Set(pages.map(cookieOf)).size).toBe(1);
    expect(cookieOf(pages[0] as Answer)).toBeDefined();
  }
});

test('a page whose answer is lost is no sign-out, soon or late', async () => {
  const { email, visitor } = await signedIn();
  app.clock.pastRotation();
  const kept = new Map(visitor.cookies);
  await visitor.open();
  visitor.cookies = new Map(kept);
  app.clock.advance(31);
  const waiting = await visitor.open();
  expect([waiting.status, waiting.headers.get('refresh'), cookieOf(waiting)]).toEqual([503, '5', undefined]);
  app.clock.advance(90);
  expect((await visitor.open()).text).toContain(email);
});

test('a browser that leaves takes its refresh with it', async () => {
  const upstream = createServer().listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  const waiting = await startExample('node-ssr/server.js', { TOKENJAR_URL: `http://127.0.0.1:${port}` });
  try {
    const asked = once(upstream, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const leaving = new AbortController();
    const page = fetch(waiting.url, {
      headers: { cookie: 'refresh_token=x' },
      signal: leaving.signal,
    });
    const [, answer] = await asked;
    const closed = once(answer, 'close');
    leaving.abort();
    await expect(page).rejects.toThrow();
    await closed;
  } finally {
    await waiting.stop();
    upstream.close();
  }
});
