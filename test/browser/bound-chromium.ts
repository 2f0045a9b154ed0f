import { createHash, X509Certificate } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import type { Auth, Reason } from '../../client/src/index.js';
import { PASSWORD, uniqueEmail } from '../support/app.js';
import { chromiumOptions, startChromium } from '../support/chromium.js';
import { ROOT } from '../support/server-process.js';

declare global {
  interface Window {
    auth: Auth;
    told: [string | null | undefined, string][];
  }
}

/** What the browser says of its bound sessions. */
export interface BoundEvent {
  succeeded: boolean;
  sessionId?: string;
  creationEventDetails?: { fetchResult: string };
  refreshEventDetails?: { refreshResult: string };
  terminationEventDetails?: { deletionReason: string };
}

/**
 * Chromium with keys in software. It does not take certificates that it was told to ignore, but it takes one key.
 *
 * @param hasQuota whether it signs six times in nine minutes only, of real time and for each context, as it does for
 * users.
 */
export async function startBoundChromium(hasQuota: boolean): Promise<Browser> {
  const certificate = new X509Certificate(await readFile(join(ROOT, 'test/support/tls/cert.pem')));
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const pin = createHash('sha256').update(key).digest('base64');
  const features = [
    `DeviceBoundSessions${hasQuota ? '' : ':RefreshQuota/false'}`,
    'EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
  ];
  const { args = [] } = await chromiumOptions();
  return startChromium({
    args: [...args, `--enable-features=${features.join()}`, `--ignore-certificate-errors-spki-list=${pin}`],
  });
}

/** A browser profile of its own, with one tab or more, that tells what becomes of its bound sessions. */
export class BoundUser {
  readonly events: BoundEvent[] = [];
  readonly email = uniqueEmail();
  private readonly heard = new EventEmitter();

  private constructor(
    readonly url: string,
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly devtools: CDPSession,
  ) {}

  static async open(chromium: Browser, url: string): Promise<BoundUser> {
    const context = await chromium.newContext();
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    await page.goto(`${url}/blank`);
    const devtools = await context.newCDPSession(page);
    const user = new BoundUser(url, context, page, devtools);
    devtools.on('Network.deviceBoundSessionEventOccurred', (event) => {
      user.events.push(event);
      user.heard.emit('event');
    });
    await devtools.send('Network.enable');
    await devtools.send('Network.enableDeviceBoundSessions', { enable: true });
    return user;
  }

  /** The first event of a kind that comes after `from` others. Waits for it. */
  async event(isMeant: (event: BoundEvent) => boolean, from = 0): Promise<BoundEvent> {
    for (;;) {
      const found = this.events.slice(from).find(isMeant);
      if (found) return found;
      await once(this.heard, 'event', { signal: AbortSignal.timeout(10_000) });
    }
  }

  /** Registers an account. @returns the public ID of its session, which the browser has bound. */
  async signUp(): Promise<string> {
    const before = this.events.length;
    expect(await this.send('/auth/registration', { email: this.email, password: PASSWORD })).toBe(201);
    return this.bound(before);
  }

  /** The session that the browser has bound since. */
  async bound(before: number): Promise<string> {
    const event = await this.event(({ creationEventDetails }) => creationEventDetails !== undefined, before);
    expect(event.creationEventDetails?.fetchResult).toBe('Success');
    return event.sessionId ?? '';
  }

  /** One more tab. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(`${this.url}/blank`);
    return page;
  }

  /** @returns the status; 0 without an answer. */
  send(path: string, json?: object, page = this.page): Promise<number> {
    return page.evaluate(
      async ([to, body]) => {
        const headers = { 'content-type': 'application/json' };
        try {
          return (await fetch(to, { method: 'POST', headers, body })).status;
        } catch {
          return 0;
        }
      },
      [path, JSON.stringify(json ?? {})] as const,
    );
  }

  refresh(page = this.page): Promise<number> {
    return this.send('/auth/token/refresh', undefined, page);
  }

  /** The key is gone, and the cookies stay, as after a reset of the key store of a machine. */
  async loseKey(id: string): Promise<void> {
    const before = this.events.length;
    await this.devtools.send('Network.deleteDeviceBoundSession', {
      key: { site: new URL(this.url).origin.replace(/:\d+$/, ''), id },
    });
    await this.event(({ terminationEventDetails: end }) => end?.deletionReason === 'DevTools', before);
  }

  /** Starts the built client. */
  async startClient(page = this.page): Promise<void> {
    await page.goto(`${this.url}/blank`);
    await page.evaluate(async () => {
      const file: string = '/client.js';
      const { createAuth } = (await import(file)) as typeof import('../../client/src/index.js');
      window.auth = createAuth();
      window.told = [];
      window.auth.onChange((user, reason) => window.told.push([user?.email, reason]));
    });
  }

  told(page = this.page): Promise<[string | null | undefined, Reason][]> {
    return page.evaluate(() => window.told as [string | null | undefined, Reason][]);
  }
}
