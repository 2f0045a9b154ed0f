import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Examples } from '../../client/examples/libraries.js';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { type Front, startFront } from '../support/front.js';
import { isLong, longTest } from '../support/long.js';
import { build, ROOT } from '../support/server-process.js';

// The libraries that frontends send requests with, as client/examples sets them up, in a browser and with the real server.

/** Beside those of libraries.ts: a client that was generated from the document of the server. */
const GENERATED_PAGE = `
  import { auth, libraries } from '${join(ROOT, 'client/examples/libraries.ts')}';
  import { withAuth } from '${join(ROOT, 'client/examples/generated.ts')}';
  import { client } from './api/client.gen.js';
  import { getUser, updateUser } from './api/sdk.gen.js';

  withAuth(auth, client, location.origin);
  const { dataOf } = window.examples;
  libraries.generated = {
    read: () => getUser().then(dataOf),
    write: (locale) => updateUser({ body: { locale } }).then(dataOf),
  };
`;
const NAMES = ['axios', 'ky', 'openapi-fetch', 'generated'];

let app: TestApp;
let front: Front;
let chromium: Browser;
let directory: string;
beforeAll(async () => {
  if (!isLong) return;
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-libraries-'));
  app = await startApp();
  front = await startFront(app.url, { files: await page() });
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  if (!isLong) return;
  await chromium.close();
  await front.close();
  await app.close();
  await rm(directory, { recursive: true, force: true });
});

async function page() {
  const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: ROOT });
  const generator = join(ROOT, 'node_modules/@hey-api/openapi-ts/bin/run.js');
  await run(generator, ...['--input', 'openapi.json', '--output', join(directory, 'api'), '--silent']);
  await writeFile(join(directory, 'page.ts'), GENERATED_PAGE);
  const bundle = join(directory, 'page.js');
  await run(join(ROOT, 'test/support/bundle.mjs'), join(directory, 'page.ts'), bundle);
  const html =
    '<!doctype html><html lang="en"><title>Libraries</title><script type="module" src="/page.js"></script>';
  return {
    '/': { type: 'text/html', body: html },
    '/page.js': { type: 'text/javascript', body: await readFile(bundle) },
  };
}

let context: BrowserContext;
let tab: Page;
let email: string;
beforeEach(async () => {
  if (!isLong) return;
  context = await chromium.newContext();
  tab = await context.newPage();
  await tab.goto(`http://127.0.0.1:${front.port}/`);
  await tab.waitForFunction(
    () => 'generated' in ((window as never as { examples?: Examples }).examples?.libraries ?? {}),
  );
  email = uniqueEmail();
  await tab.evaluate(
    ([email, password]) =>
      (window as never as { examples: Examples }).examples.auth.register({ email, password }),
    [email, PASSWORD] as const,
  );
  front.exchanges.length = 0;
});
afterEach(() => context?.close());

/** So many requests of each library, at the same time, of both kinds: what came of each. */
const ask = (names: string[], times: number): Promise<string[]> =>
  tab.evaluate(
    async ([names, times]) => {
      const { libraries } = (window as never as { examples: Examples }).examples;
      const asked = names.flatMap((name) =>
        Array.from({ length: times }, async (_, i) => {
          const library = libraries[name];
          const user = await (i % 2 ? library?.write('ko') : library?.read());
          return user?.email ?? '';
        }),
      );
      const results = await Promise.allSettled(asked);
      return results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'));
    },
    [names, times] as const,
  );
const signedInUser = () =>
  tab.evaluate(() => (window as never as { examples: Examples }).examples.auth.user?.email ?? null);
const refreshes = () => front.exchanges.filter(({ path }) => path === '/auth/token/refresh');

longTest.each(NAMES)(
  '%s: a refused token is refreshed once for all requests, and they are sent again',
  async (name) => {
    const user = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [email]);
    const roles = app.app.get(RoleChanges, { strict: false });
    await roles.set({ name: 'buyer', permissions: ['orders:read'] });
    app.clock.advance(2);
    await roles.assign(Number(user[0]?.id), ['buyer']);
    expect(await ask([name], 10)).toEqual(Array(10).fill(email));
    expect(refreshes().map(({ status }) => status)).toEqual([200]);
    expect(front.exchanges.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
  },
);

longTest('a refresh that has to wait is waited for, whatever asks', async () => {
  // Somebody else got the answer to a refresh with this cookie, 31 seconds ago.
  const cookie = (await context.cookies()).find(({ name }) => name === 'refresh_token');
  app.clock.pastAccessToken();
  const other = app.browser();
  await other.setRefreshCookie(cookie?.value ?? '');
  await other.refresh();
  app.clock.advance(31);
  await tab.clock.install();
  const answers = ask(NAMES, 4);
  await eventually(refreshes, (all) => all.length > 0);
  expect(refreshes().map(({ status }) => status)).toEqual([503]);
  expect(await signedInUser()).toBe(email);
  app.clock.advance(90);
  await tab.clock.runFor(8000);
  expect(await answers).toEqual(Array(16).fill(email));
  expect(refreshes().map(({ status }) => status)).toEqual([503, 200]);
});

longTest.each(NAMES)('%s: a network error signs nobody out, and a sign-out takes the token', async (name) => {
  await tab.route('**/auth/user', (route) => route.abort());
  expect(await ask([name], 2)).toEqual(['failed', 'failed']);
  expect(await signedInUser()).toBe(email);
  await tab.unroute('**/auth/user');
  expect(await ask([name], 2)).toEqual([email, email]);
  await tab.evaluate(() => (window as never as { examples: Examples }).examples.auth.logout());
  front.exchanges.length = 0;
  expect(await ask([name], 2)).toEqual(['failed', 'failed']);
  expect(front.exchanges.map(({ path, status }) => [path, status])).toEqual(
    Array(2).fill(['/auth/user', 401]),
  );
});
