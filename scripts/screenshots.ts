/**
 * Takes the pictures of README: `npm run screenshots`. Give `CHROMIUM` to use another
 * Chromium than the tests; for the Korean pictures the machine needs a Korean font.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Browser } from '../test/support/browser.js';
import { startChromium } from '../test/support/chromium.js';
import { build, startProcess } from '../test/support/server-process.js';

const PASSWORD = 'marble cactus orbit lantern';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

const dataDir = await mkdtemp(join(tmpdir(), 'tokenjar-pictures-'));
await build();
const server = startProcess({ DATA_DIR: dataDir });
const url = await server.url;
const chromium = await startChromium();

/** Every state on a desktop, two of them on a phone. */
const shoot = async (page: Page, name: string, fullPage = false) => {
  if (name.includes('phone') && !/^sign(ed)?-in-/.test(name)) return;
  await page.screenshot({
    path: `docs/images/account-${name}.png`,
    fullPage,
    animations: 'disabled',
    caret: 'hide',
  });
};

async function signedOut(page: Page): Promise<void> {
  await page.goto(url);
  await page.locator('input[type=password]').waitFor();
}

async function enter(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.locator('input[type=email]').fill(email);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button.primary').click();
}

try {
  const email = 'ada@example.com';
  for (const agent of [SAFARI, 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0']) {
    const other = new Browser(url);
    const path = agent === SAFARI ? '/auth/registration' : '/auth/login';
    await other.post(path, { email, password: PASSWORD }, { headers: { 'user-agent': agent } });
  }
  const desktop = { viewport: { width: 1120, height: 760 }, deviceScaleFactor: 1 };
  const phone = { viewport: { width: 390, height: 800 }, deviceScaleFactor: 2 };
  for (const [colorScheme, size, locale] of [
    ['light', desktop, 'en-GB'],
    ['dark', desktop, 'en-GB'],
    ['light', phone, 'en-GB'],
    ['light', phone, 'ko-KR'],
  ] as const) {
    const context = await chromium.newContext({ colorScheme, locale, ...size });
    const page = await context.newPage();
    const name = `${colorScheme}${size === phone ? '-phone' : ''}${locale === 'ko-KR' ? '-ko' : ''}`;
    await signedOut(page);
    await shoot(page, `sign-in-${name}`);
    await enter(page, email, 'not the password');
    await page.getByRole('alert').waitFor();
    await shoot(page, `refused-${name}`);
    await page.goto(`${url}/#sign-up`);
    await page.locator('input[autocomplete=new-password]').waitFor();
    await shoot(page, `sign-up-${name}`);
    await signedOut(page);
    await page.goto(`${url}/#`);
    await enter(page, email);
    await page.locator('.sessions li').nth(2).waitFor();
    await page.waitForTimeout(1100);
    await shoot(page, `signed-in-${name}`, true);
    await context.setOffline(true);
    await page.locator('.banner').waitFor();
    await shoot(page, `offline-${name}`);
    await context.setOffline(false);
    await page.locator('.banner').waitFor({ state: 'hidden' });
    await page.locator('.bar button:not(.plain)').click();
    await page.locator('main > .notice').waitFor();
    await shoot(page, `signed-out-${name}`);
    await context.close();
  }
} finally {
  await chromium.close();
  server.kill('SIGTERM');
  await server.ended;
  await rm(dataDir, { recursive: true, force: true });
}
