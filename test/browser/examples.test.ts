import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { Examples } from '../../client/examples/libraries.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { type Front, startFront } from '../support/front.js';
import { build, ROOT } from '../support/server-process.js';

let app: TestApp;
let front: Front;
let chromium: Browser;
let directory: string;
beforeAll(async () => {
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-examples-'));
  app = await startApp();
  const scripts = await Promise.all(['react-app', 'libraries'].map(bundled));
  front = await startFront(app.url, { files: Object.fromEntries(scripts.flat()) });
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
      await examples.register({ email, password });
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

test('axios and ky send the access token', async () => {
  const context = await chromium.newContext();
  const page = await context.newPage();
  const email = await signUpBeside(page);
  const users = await page.evaluate(() => {
    const { examples } = window as unknown as { examples: Examples };
    return Promise.all([examples.axios(), examples.ky()]);
  });
  expect(users).toMatchObject([{ email }, { email }]);
  await context.close();
});
