/**
 * Takes the pictures of README: `npm run screenshots`, or those of the administration alone: `npm run screenshots admin`. Give `CHROMIUM` to use another
 * Chromium than the tests; for the Korean pictures the machine needs a Korean font.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Browser } from '../test/support/browser.js';
import { startChromium } from '../test/support/chromium.js';
import { codeOf } from '../test/support/totp.js';
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
  await picture(page, `account-${name}`, fullPage);
};

const picture = (page: Page, name: string, fullPage = false) =>
  page.screenshot({ path: `docs/images/${name}.png`, fullPage, animations: 'disabled', caret: 'hide' });

async function signedOut(page: Page): Promise<void> {
  await page.goto(url);
  await page.locator('input[type=password]').waitFor();
}

async function enter(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.locator('input[type=email]').fill(email);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button.primary').click();
}

/** Becomes the admin of the trial by the link in its log, and shows the page of administrators. */
async function administration(): Promise<void> {
  const [, fragment = ''] = /\/invitation(#\S+)/.exec(server.said()) ?? [];
  for (const name of ['grace', 'edsger', 'barbara', 'alan', 'katherine'])
    await new Browser(url).post('/auth/registration', { email: `${name}@example.com`, password: PASSWORD });
  const context = await chromium.newContext({
    colorScheme: 'light',
    locale: 'en-GB',
    viewport: { width: 1120, height: 760 },
  });
  const page = await context.newPage();
  await page.goto(`${url}/invitation${fragment}`);
  await enter(page, 'admin@example.com');
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await page.getByText('Can’t scan it?').click();
  const secret = (await page.locator('code.secret').textContent()) ?? '';
  await page.locator('input[name=code]').fill(codeOf(secret.replaceAll(' ', ''), new Date()));
  await page.locator('button.primary').click();
  await page.getByLabel('I have saved these codes').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('.sessions li').first().waitFor();
  await page.goto(`${url}/admin`);
  await page.getByText('katherine@example.com').waitFor();
  await picture(page, 'admin-users-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.getByText('grace@example.com').click();
  await page.getByText('registration').waitFor();
  await page.waitForLoadState('networkidle');
  await picture(page, 'admin-user-dark', true);
  await context.close();
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
  const looks = [
    ['light', desktop, 'en-GB'],
    ['dark', desktop, 'en-GB'],
    ['light', phone, 'en-GB'],
    ['light', phone, 'ko-KR'],
  ] as const;
  for (const [colorScheme, size, locale] of process.argv.includes('admin') ? [] : looks) {
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
  await administration();
} finally {
  await chromium.close();
  server.kill('SIGTERM');
  await server.ended;
  await rm(dataDir, { recursive: true, force: true });
}
