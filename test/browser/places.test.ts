import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { startChromium } from '../support/chromium.js';
import { clientFiles, type Front, startFront } from '../support/front.js';
import { build } from '../support/server-process.js';

/** Where the client has to run, beside an ordinary page. */

let app: TestApp;
let front: Front;
let chromium: Browser;
let context: BrowserContext;
let page: Page;
let origin: string;
beforeAll(async () => {
  await build();
  app = await startApp({ accountPage: false });
  const files = await clientFiles();
  const client = Buffer.from(files['/client.js']?.body ?? '').toString('base64');
  // An opaque origin loads no module but this one.
  const frame = `<!doctype html><html lang="en"><title>Frame</title><script type="module">
    const { createAuth } = await import('data:text/javascript;base64,${client}');
    try {
      const auth = createAuth();
      auth.onChange(() => {});
      const code = await auth.ready().catch((error) => error.code);
      await auth.login({ email: 'a@b.c', password: 'x' }).catch(() => {});
      auth.close();
      parent.postMessage({ origin, code }, '*');
    } catch (error) {
      parent.postMessage({ origin, code: String(error) }, '*');
    }
  </script>`;
  const worker = `import { createAuth } from '/client.js';
    const auth = createAuth();
    auth.ready().then(
      (user) => postMessage(user?.email ?? null),
      (error) => postMessage(String(error)),
    );`;
  front = await startFront(app.url, {
    files: {
      ...files,
      '/frame': { type: 'text/html', body: frame },
      '/worker.js': { type: 'text/javascript', body: worker },
    },
  });
  origin = `http://127.0.0.1:${front.port}`;
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await front?.close();
  await app?.close();
});
beforeEach(async () => {
  context = await chromium.newContext();
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
});
afterEach(() => context.close());

async function register(): Promise<string> {
  const email = uniqueEmail();
  await page.goto(`${origin}/blank`);
  await page.evaluate(
    async ([email, password]) => {
      const file: string = '/client.js';
      const { createAuth } = (await import(file)) as typeof import('../../client/src/index.js');
      await createAuth().register({ email, password });
    },
    [email, PASSWORD] as const,
  );
  return email;
}

test('a sandboxed frame, whose origin is opaque: it is made, and says that nobody answers', async () => {
  await page.goto(`${origin}/blank`);
  const said = await page.evaluate(
    () =>
      new Promise((heard) => {
        addEventListener('message', ({ data }) => heard(data));
        const frame = document.createElement('iframe');
        frame.sandbox.add('allow-scripts');
        frame.src = '/frame';
        document.body.append(frame);
      }),
  );
  expect(said).toEqual({ origin: 'null', code: 'unreachable' });
});

test.each([
  ['is not there', 'delete window.BroadcastChannel'],
  [
    'throws',
    'window.BroadcastChannel = class { constructor() { throw new DOMException("no", "SecurityError") } }',
  ],
])('where BroadcastChannel %s, people sign in and out', async (_, script) => {
  await page.addInitScript(script);
  const email = await register();
  const seen = await page.evaluate(async () => {
    const file: string = '/client.js';
    const { createAuth } = (await import(file)) as typeof import('../../client/src/index.js');
    const auth = createAuth();
    const before = await auth.ready();
    await auth.logout();
    return [before?.email, auth.user];
  });
  expect(seen).toEqual([email, null]);
});

test('after close it still does what it is asked', async () => {
  await register();
  const user = await page.evaluate(async () => {
    const file: string = '/client.js';
    const { createAuth } = (await import(file)) as typeof import('../../client/src/index.js');
    const auth = createAuth();
    await auth.ready();
    auth.close();
    await auth.logout();
    return auth.user;
  });
  expect(user).toBeNull();
});

test.each(['a file', 'a blob'])('a worker that is %s knows who is signed in', async (kind) => {
  const email = await register();
  const said = await page.evaluate(
    (isBlob) =>
      new Promise((heard) => {
        const url = `${location.origin}/worker.js`;
        const source = `import ${JSON.stringify(url)};`;
        const address = isBlob ? URL.createObjectURL(new Blob([source], { type: 'text/javascript' })) : url;
        const worker = new Worker(address, { type: 'module' });
        worker.onmessage = ({ data }) => heard(data);
        worker.onerror = ({ message }) => heard(message);
      }),
    kind === 'a blob',
  );
  expect(said).toBe(email);
});
