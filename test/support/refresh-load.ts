import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Browser, PASSWORD } from './browser.js';

/** What came of the requests of a {@link RefreshLoad}. */
export interface LoadCounts {
  /** By status and code, or `no response`. */
  answers: Record<string, number>;
  /** Refreshes answered with 200 and a new cookie. */
  rotations: number;
  /** The first words of what was neither 200 nor 503 with a time to retry. */
  failures: string[];
}

/** **Unit** milliseconds. */
const LONGEST_PAUSE = 60;
/** Failures kept for the report. */
const MOST_KEPT = 10;

/** Signed-in browsers that refresh again and again, and use their access tokens in between. */
export class RefreshLoad {
  readonly counts: LoadCounts = { answers: {}, rotations: 0, failures: [] };
  private isOver = false;
  private running: Promise<void[]> | undefined;
  /** When each browser sent the last refresh that was answered with 200. */
  private readonly refreshedAt = new Map<Browser, number>();

  private constructor(private readonly browsers: readonly Browser[]) {}

  /** @param bases of the servers; each browser stays with one. */
  static async signUp(bases: readonly string[], count: number): Promise<RefreshLoad> {
    const browsers = Array.from({ length: count }, (_, n) => new Browser(bases[n % bases.length] ?? ''));
    for (const [n, browser] of browsers.entries()) {
      const email = `load-${Date.now()}-${n}@example.com`;
      const { status } = await browser.post('/auth/registration', { email, password: PASSWORD });
      if (status !== 201) throw new Error(`the registration was answered with ${status}`);
    }
    return new RefreshLoad(browsers);
  }

  start(): void {
    this.running = Promise.all(this.browsers.map((browser) => this.live(browser)));
  }

  /** Ends the load, and refreshes every session once more. */
  async stop(): Promise<LoadCounts> {
    this.isOver = true;
    await this.running;
    for (const browser of this.browsers) await this.send(() => browser.refresh());
    return this.counts;
  }

  /** How many browsers have refreshed since then. */
  refreshedSince(moment: number): number {
    return [...this.refreshedAt.values()].filter((at) => at > moment).length;
  }

  private async live(browser: Browser): Promise<void> {
    while (!this.isOver) {
      const sentAt = performance.now();
      if ((await this.send(() => browser.refresh())) === 200) this.refreshedAt.set(browser, sentAt);
      await pause(randomInt(LONGEST_PAUSE));
      await this.send(() => browser.get('/auth/session'));
      await pause(randomInt(LONGEST_PAUSE));
    }
  }

  private async send(ask: () => ReturnType<Browser['refresh']>): Promise<number | undefined> {
    try {
      const { status, headers, setCookie, body, text } = await ask();
      const code = typeof body?.code === 'string' ? ` ${body.code}` : '';
      const isLater = status === 503 && Number(headers.get('retry-after')) > 0;
      this.count(`${status}${code}`, status === 200 || isLater ? undefined : text);
      if (status === 200 && setCookie.length > 0) this.counts.rotations++;
      return status;
    } catch (error) {
      this.count('no response', inspect(error));
    }
  }

  private count(kind: string, failure: string | undefined): void {
    const { answers, failures } = this.counts;
    answers[kind] = (answers[kind] ?? 0) + 1;
    if (failure !== undefined && failures.length < MOST_KEPT) failures.push(failure.slice(0, 200));
  }
}
