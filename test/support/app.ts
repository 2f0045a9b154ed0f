import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import { Database } from '../../src/database/database.js';
import { createServer } from '../../src/server.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { Browser } from './browser.js';
import { TestClock } from './clock.js';
import { createDatabase, type TestDatabase } from './database.js';

export const SECRET_KEY = 'a secret of the tests, thirty-two bytes and more';
export const PASSWORD = 'marble cactus orbit lantern';

/** A server of ours, listening on loopback, with a database and a clock of its own. */
export interface TestApp {
  app: NestFastifyApplication;
  url: string;
  clock: TestClock;
  /** Lines that were logged. */
  log: string[];
  browser(): Browser;
  /** A browser that has just registered. */
  signedUp(email?: string): Promise<Browser & { email: string }>;
  sql<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** Starts a server without limits, so that stories may be told quickly. Given a database, it uses that one and leaves it. */
export async function startApp(settings: TokenjarInput = {}, given?: TestDatabase): Promise<TestApp> {
  const database = given ?? (await createDatabase());
  const clock = new TestClock();
  const log: string[] = [];
  const app = await createServer(
    // The page is there only after a build; those who test it build first.
    { secretKey: SECRET_KEY, clock, rateLimit: false, accountPage: false, ...database.settings, ...settings },
    loggerInto(log),
  );
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
  const browser = () => new Browser(url);
  return {
    app,
    url,
    clock: (settings.clock as TestClock | undefined) ?? clock,
    log,
    browser,
    async signedUp(email = uniqueEmail()) {
      const user = browser();
      const { status, text } = await user.post('/auth/registration', { email, password: PASSWORD });
      if (status !== 201) throw new Error(`registration answered ${status}: ${text}`);
      return Object.assign(user, { email });
    },
    sql: (text, values = []) => app.get(Database).run({ name: '', text }, values),
    async close() {
      await app.close();
      if (!given) await database.drop();
    },
  };
}

/** Of letters alone: some digits would one day be too similar to a password of digits. */
export const uniqueEmail = (): string =>
  `user-${randomBytes(6)
    .toString('hex')
    .replace(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))}@example.com`;

function loggerInto(lines: string[]): LoggerService {
  const note = (...parts: unknown[]) => void lines.push(parts.map(String).join(' '));
  return { log: note, warn: note, error: note };
}
