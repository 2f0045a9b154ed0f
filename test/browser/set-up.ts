import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { startApp, type TestApp } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { build } from '../support/server-process.js';

export interface OnPage {
  app: TestApp;
  /** On localhost, where a browser has passkeys without https. */
  url: string;
  chromium: Browser;
  context: BrowserContext;
  page: Page;
}

export const onLocalhost = ({ url }: Pick<TestApp, 'url'>): string => url.replace('127.0.0.1', 'localhost');

/**
 * A server with the account page for a file of tests, and a page for each test, whose console has to stay silent.
 *
 * @returns what the hooks fill in.
 */
export function accountPage(options: BrowserContextOptions = {}): OnPage {
  const world = {} as OnPage;
  let errors: string[];
  beforeAll(async () => {
    await build();
    world.app = await startApp({ accountPage: true });
    world.url = onLocalhost(world.app);
    world.chromium = await startChromium();
  }, 240_000);
  afterAll(async () => {
    await world.chromium?.close();
    await world.app?.close();
  });
  beforeEach(async () => {
    world.context = await world.chromium.newContext({ locale: 'en-GB', ...options });
    world.context.setDefaultTimeout(15_000);
    world.page = await world.context.newPage();
    errors = noteErrors(world.page);
  });
  afterEach(async () => {
    await world.context.close();
    expect(errors).toEqual([]);
  });
  return world;
}
