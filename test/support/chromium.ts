import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import {
  type Browser as Chromium,
  type BrowserContext,
  chromium,
  type LaunchOptions,
  type Page,
} from 'playwright-core';
import { ROOT } from './server-process.js';
import { QUICK_DIRECTORY } from './quick-directory.mjs';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const CACHE = join(ROOT, 'node_modules/.cache/tokenjar-chromium');

const ARGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // Rendered in software, because there is no display.
  '--disable-gpu',
  '--disable-software-rasterizer',
  // Background tabs are not throttled.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  // Host names of the tests: all of them are this machine, and nothing else can be reached.
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/**
 * How to start Chromium: the one in `CHROMIUM` or the system's, otherwise that of the npm package
 * `@sparticuz/chromium`, which is unpacked once.
 */
export async function chromiumOptions(): Promise<LaunchOptions & { executablePath: string }> {
  // Chromium refuses to run with its sandbox as root, as in many containers.
  const args = process.getuid?.() === 0 ? [...ARGS, '--no-sandbox'] : ARGS;
  const installed = process.env.CHROMIUM ?? SYSTEM.find(existsSync);
  if (installed !== undefined) return { executablePath: installed, args };
  const directory = await unpacked();
  return {
    executablePath: join(directory, 'chromium'),
    args,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(directory, 'al2023/lib'),
      FONTCONFIG_PATH: join(directory, 'fonts'),
    },
  };
}

/** Starts a browser. It has to be closed, otherwise it outlives the test file. */
export async function startChromium(options: LaunchOptions = {}): Promise<Chromium> {
  const all = { ...(await chromiumOptions()), ...options };
  // It occasionally crashes at startup, for reasons unrelated to the tests.
  return chromium.launch(all).catch(() => chromium.launch(all));
}

/** A browser with a profile in a directory, and a process that can be killed. */
export interface PersonalChromium {
  context: BrowserContext;
  /** Kills it like a power failure: nothing more is written. */
  kill(): Promise<void>;
}

export async function startWithProfile(directory: string): Promise<PersonalChromium> {
  const { executablePath, args = [], env } = await chromiumOptions();
  const own = [
    '--headless',
    '--password-store=basic',
    `--user-data-dir=${directory}`,
    '--remote-debugging-port=0',
  ];
  const child = spawn(executablePath, [...args, ...own, 'about:blank'], {
    env: { ...process.env, ...env },
    // In its own process group, so that its renderers end with it.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  const address = await new Promise<string>((found, failed) => {
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
      const [, url] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (url) found(url);
    });
    void ended.then(() => failed(new Error(`Chromium ended: ${said}`)));
  });
  const browser = await chromium.connectOverCDP(address);
  const [context] = browser.contexts();
  if (!context) throw new Error('Chromium has no context');
  return {
    context,
    async kill() {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await ended;
    },
  };
}

/**
 * Records what a page must never do: throw, log an error or violate its content policy.
 *
 * @param isExpected for errors that the browser logs itself, such as the 401 of a visitor who is not signed in.
 */
export function noteErrors(
  page: Page,
  isExpected = (text: string) => /status of 40[0-9]/.test(text),
): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message.text())) errors.push(message.text());
  });
  return errors;
}

/** Test files run concurrently: the first one moves the finished directory into place. */
async function unpacked(): Promise<string> {
  const packageFile = join(ROOT, 'node_modules/@sparticuz/chromium/package.json');
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { version: string };
  const directory = join(CACHE, version);
  if (existsSync(directory)) return directory;
  await mkdir(CACHE, { recursive: true });
  const fresh = await mkdtemp(join(CACHE, 'unpacking-'));
  await promisify(execFile)(process.execPath, [join(ROOT, 'test/support/unpack-chromium.mjs')], {
    env: { ...process.env, TMPDIR: fresh },
  });
  const fonts = join(fresh, 'fonts/fonts.conf');
  const places = ['/tmp/fonts', '/tmp/fonts-cache/'].map((place) => place.replace('/tmp', directory));
  const text = await readFile(fonts, 'utf8');
  await writeFile(
    fonts,
    text
      .replace('<dir>/tmp/fonts</dir>', `<dir>${places[0]}</dir><dir>/usr/share/fonts</dir>`)
      .replace('/tmp/fonts-cache/', places[1] ?? ''),
  );
  await rename(fresh, directory).catch(() => rm(fresh, { recursive: true, force: true }));
  return directory;
}

/** A directory for a profile, and how to remove it. */
export async function profileDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(QUICK_DIRECTORY, 'tokenjar-profile-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
