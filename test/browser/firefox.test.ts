import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import puppeteer, { type Browser } from 'puppeteer-core';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { build } from '../support/server-process.js';

/** Debian's, where it is installed. Playwright drives a Firefox of its own making only. */
const FIREFOX = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync);

(FIREFOX ? describe : describe.skip)('Firefox', () => {
  let app: TestApp;
  let firefox: Browser;
  beforeAll(async () => {
    await build();
    app = await startApp({ accountPage: true });
    firefox = await puppeteer.launch({ browser: 'firefox', executablePath: FIREFOX ?? '', headless: true });
  }, 120_000);
  afterAll(async () => {
    await firefox?.close();
    await app?.close();
  });

  test('who signs up is still there after a reload, and no script sees the cookie', async () => {
    const email = uniqueEmail();
    const page = await firefox.newPage();
    await page.goto(app.url);
    await page.locator('::-p-text(Create an account)').click();
    await page.locator('input[autocomplete=username]').fill(email);
    await page.locator('input[autocomplete=new-password]').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForSelector('::-p-text(Your sessions)');

    const cookie = (await firefox.cookies()).find(({ name }) => name === 'refresh_token');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
    expect(await page.evaluate('document.cookie + JSON.stringify([localStorage, sessionStorage])')).toBe(
      '[{},{}]',
    );

    await page.reload();
    await page.waitForSelector(`::-p-text(${email})`);
    await page.locator('::-p-text(Sign out)').click();
    await page.waitForSelector('::-p-text(You are signed out.)');
    expect((await firefox.cookies()).map(({ name }) => name)).not.toContain('refresh_token');
  }, 90_000);
});
