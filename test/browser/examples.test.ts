import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Examples } from '../../client/examples/libraries.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { pageOf } from '../support/examples.js';
import { type Front, startFront } from '../support/front.js';
import { longTest } from '../support/long.js';
import { build, ROOT } from '../support/server-process.js';

/** Directories below examples/ that are pages. */
const APPS = ['react-spa', 'vue'] as const;

let app: TestApp;
let front: Front;
let chromium: Browser;
let directory: string;
beforeAll(async () => {
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-examples-'));
  app = await startApp();
  const [scripts, ...pages] = await Promise.all([
    Promise.all(['react-app', 'libraries'].map(bundled)),
    ...APPS.map((name) => pageOf(name, directory)),
  ]);
  front = await startFront(app.url, {
    files: { ...Object.fromEntries(scripts.flat()), ...pages.reduce((all, each) => ({ ...all, ...each })) },
  });
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await front?.close();
  await app?.close();
  await rm(directory, { recursive: true, force: true });
});

/** A page and its script. */
async function bundled(
  name: string,
): Promise<[path: string, file: { type: string; body: string | Buffer }][]> {
  const file = join(directory, `${name}.js`);
  const bundler = join(ROOT, 'test/support/bundle.mjs');
  await promisify(execFile)(process.execPath, [bundler, join(ROOT, `client/examples/${name}.ts`), file]);
  const html = `<!doctype html><html lang="en"><title>${name}</title><div id="root"></div><script type="module" src="/${name}.js"></script>`;
  return [
    [`/${name}`, { type: 'text/html', body: html }],
    [`/${name}.js`, { type: 'text/javascript', body: await readFile(file) }],
  ];
}

async function signUpBeside(page: Page): Promise<string> {
  const email = uniqueEmail();
  await page.goto(`http://127.0.0.1:${front.port}/libraries`);
  await page.waitForFunction(() => 'examples' in window);
  await page.evaluate(
    async ([email, password]) => {
      const { examples } = window as unknown as { examples: Examples };
      await examples.auth.register({ email, password });
    },
    [email, PASSWORD] as const,
  );
  return email;
}

test('a React component shows who is signed in, from page load on and when another tab changes it', async () => {
  const context = await chromium.newContext();
  context.setDefaultTimeout(20_000);
  const react = await context.newPage();
  const errors = noteErrors(react);
  await react.goto(`http://127.0.0.1:${front.port}/react-app`);
  await react.getByText('Nobody is signed in.').waitFor();
  const email = await signUpBeside(await context.newPage());
  await react.getByText(`Hello, ${email}`).waitFor();
  await react.reload();
  await react.getByText(`Hello, ${email}`).waitFor();
  expect(errors).toEqual([]);
  await context.close();
});

longTest('their types are right', async () => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const check = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, ...args], { cwd: ROOT }).catch(
      (error: { stdout: string }) => error,
    );
    return stdout;
  };
  expect(await check('-p', 'examples/react-spa')).toBe('');
  expect(await check('-p', 'examples/vue')).toBe('');
});

test('axios, ky and openapi-fetch send the access token', async () => {
  const context = await chromium.newContext();
  const page = await context.newPage();
  const email = await signUpBeside(page);
  const users = await page.evaluate(() => {
    const { examples } = window as unknown as { examples: Examples };
    return Promise.all(Object.values(examples.libraries).map(({ read }) => read()));
  });
  expect(users.map((user) => user.email)).toEqual([email, email, email]);
  await context.close();
});

describe.each(APPS)('examples/%s', (name) => {
  let context: BrowserContext;
  let page: Page;
  let errors: string[];
  let email: string;
  beforeEach(async () => {
    context = await chromium.newContext();
    context.setDefaultTimeout(20_000);
    ({ page, errors } = await open());
    email = uniqueEmail();
  });
  afterEach(() => context.close());

  /** A tab at what only signed-in users see. */
  async function open() {
    const tab = await context.newPage();
    const noted = noteErrors(tab, (text) => /status of 40[0-9]|ERR_INTERNET_DISCONNECTED/.test(text));
    await tab.goto(`http://127.0.0.1:${front.port}/${name}/#/sessions`);
    return { page: tab, errors: noted };
  }
  const submit = async (button: string, password = PASSWORD) => {
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: button }).click();
  };
  const signUp = async () => {
    await page.getByRole('button', { name: 'I am new here' }).click();
    await submit('Sign up');
    await isIn();
  };
  const isIn = async (tab = page) => {
    await tab.getByText(`Signed in as ${email}`).waitFor();
    await tab.getByRole('list', { name: 'Your sessions' }).getByText('(this one)').waitFor();
  };
  const isOut = (tab = page) => tab.getByLabel('Email').waitFor();
  const refreshes = () => front.exchanges.filter(({ path }) => path === '/auth/token/refresh').length;

  test('signs up, and is signed in after a reload, by one refresh', async () => {
    await signUp();
    const before = refreshes();
    await page.reload();
    await isIn();
    expect(refreshes() - before).toBe(1);
    expect(errors).toEqual([]);
  });

  longTest('signs in and out in every tab, and says what went wrong', async () => {
    await signUp();
    const other = await open();
    await isIn(other.page);
    await other.page.getByRole('button', { name: 'Sign out' }).click();
    await Promise.all([isOut(), isOut(other.page)]);

    await submit('Sign in', 'wrong');
    await page.getByRole('alert').getByText('Address or password is wrong.').waitFor();
    await submit('Sign in');
    await Promise.all([isIn(), isIn(other.page)]);

    await context.setOffline(true);
    const said = page.waitForEvent('dialog');
    await page.getByRole('button', { name: 'Sign out' }).click({ noWaitAfter: true });
    const dialog = await said;
    expect(dialog.message()).toMatch(/^You are still signed in/);
    await dialog.accept();
    await context.setOffline(false);
    await isIn();
    expect([...errors, ...other.errors]).toEqual([]);
  });

  longTest('is signed out when the session has ended elsewhere, and waits for a connection', async () => {
    await signUp();
    const elsewhere = app.browser();
    await elsewhere.login(email);
    await elsewhere.delete('/auth/sessions');
    app.clock.advance(1);
    await page.reload();
    await isOut();

    await submit('Sign in');
    await isIn();
    await page.route('**/auth/**', (route) => route.abort());
    await page.reload();
    await page.getByText('No connection. Trying again…').waitFor();
    await page.unroute('**/auth/**');
    await isIn();
  });
});
