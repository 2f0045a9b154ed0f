import type { Browser as Chromium, BrowserContext, Page } from 'playwright-core';

/**
 * A mail scanner of the thorough kind: it opens a link by HEAD, GET and POST and in a browser of its own that runs
 * scripts, presses everything that can be pressed, posts every form, and follows the links of the page.
 *
 * @returns what it was given: cookies, and tokens in answers; but for the challenge that everybody gets who could use a
 * passkey.
 */
export async function scan(chromium: Chromium, link: string): Promise<string[]> {
  const got: string[] = [];
  const note = (text: string, where: string) => {
    if (/eyJ[\w-]+\.eyJ/.test(text)) got.push(`a token from ${where}`);
  };
  // Some send what is after the # too.
  for (const url of [link, link.replace('#', '?')])
    for (const method of ['HEAD', 'GET', 'POST']) {
      const answer = await fetch(url, { method, redirect: 'manual' });
      got.push(...answer.headers.getSetCookie());
      note(await answer.text(), `${method} ${url}`);
    }
  const context = await chromium.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(15_000);
  const bodies: Promise<void>[] = [];
  // Only what has arrived can be read.
  context.on('requestfinished', (request) => {
    const read = async () => (await (await request.response())?.text()) ?? '';
    bodies.push(
      read().then(
        (text) => note(text, request.url()),
        // Of a redirect.
        () => undefined,
      ),
    );
  });
  try {
    const page = await opened(context, link);
    const links = await linksOf(page);
    // What the first press brings is pressed too.
    for (let round = 0; round < 3; round++) await pressAll(page);
    await postAll(page);
    for (const url of links) {
      const other = await opened(context, url);
      await pressAll(other);
      await other.close();
    }
    await Promise.all(bodies);
    got.push(
      ...(await context.cookies()).map(({ name }) => name).filter((name) => name !== 'passkey_challenge'),
    );
  } finally {
    await context.close();
  }
  return got;
}

async function opened(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'networkidle' });
  return page;
}

const linksOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => [
    ...new Set(
      [...document.links].map(({ href }) => href).filter((href) => href.startsWith(location.origin)),
    ),
  ]);

async function pressAll(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const each of document.querySelectorAll<HTMLElement>(
      'button, summary, [type=checkbox], [role=button]',
    ))
      each.click();
    for (const form of document.forms) form.requestSubmit();
  });
  await page.waitForLoadState('networkidle');
}

/** Without the scripts of the page, as a form sends itself. */
const postAll = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    for (const form of document.forms)
      await fetch(form.action, {
        method: form.method,
        body: new URLSearchParams(new FormData(form) as never),
      });
  });
