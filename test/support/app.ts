import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import { parseOptions } from '../../src/config/check.js';
import { Database } from '../../src/database/database.js';
import { statement } from '../../src/database/statement.js';
import { createServer, type RequestLogger } from '../../src/server/create-server.js';
import { OpenConnections } from '../../src/server/open-connections.js';
import type { LoggedRequest } from '../../src/server/request-reports.js';
import { closeServer } from '../../src/server/stopping.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { Browser, PASSWORD } from './browser.js';
import { TestClock } from './clock.js';
import { createDatabase, type TestDatabase } from './database.js';
import { refuseSecretsIn } from './logged-secrets.js';

export { PASSWORD };
export const SECRET_KEY = 'a secret of the tests, thirty-two bytes and more';

/** So cheap that a test can sign up hundreds. */
const PASSWORD_HASH = { memoryCost: 8, timeCost: 1, parallelism: 1 };

/** A server listening on loopback, with its own database and clock. */
export interface TestApp {
  app: NestFastifyApplication;
  url: string;
  /** For another instance on the same data. */
  database: TestDatabase;
  clock: TestClock;
  /** Logged lines, without those of requests. */
  log: string[];
  /** Lines of requests. */
  requestLog: LoggedRequest[];
  browser(): Browser;
  /** A browser that has just registered. */
  signedUp(email?: string): Promise<Browser & { email: string }>;
  /** The same with a verified address, so that it receives notices. */
  verified(email?: string): Promise<Browser & { email: string }>;
  sql<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** Starts a server without limits, so that tests can send many requests. A given database is used and not dropped. */
export async function startApp(settings: TokenjarInput = {}, given?: TestDatabase): Promise<TestApp> {
  const database = given ?? (await createDatabase());
  const clock = new TestClock();
  const log: string[] = [];
  const requestLog: LoggedRequest[] = [];
  // The page requires a build; tests of the page build first.
  const defaults = { secretKey: SECRET_KEY, clock, rateLimit: false, accountPage: false, logRequests: true };
  const cheap = settings.production ? {} : { passwordHash: PASSWORD_HASH };
  const input = { ...defaults, ...cheap, ...database.settings, ...settings };
  const options = parseOptions(input, { hasMailer: input.mailer !== undefined });
  const app = await createServer(options, loggerInto(log, requestLog), input);
  const connections = new OpenConnections(app.getHttpServer());
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
  const browser = () => new Browser(url);
  const sql = <Row>(text: string, values: unknown[] = []) =>
    app.get(Database).run(statement<unknown[], Row>('', text), values);
  const signedUp: TestApp['signedUp'] = async (email = uniqueEmail()) => {
    const user = browser();
    const { status, text } = await user.post('/auth/registration', { email, password: PASSWORD });
    if (status !== 201) throw new Error(`registration answered ${status}: ${text}`);
    return Object.assign(user, { email });
  };
  return {
    app,
    url,
    database,
    clock: (settings.clock as TestClock | undefined) ?? clock,
    log,
    requestLog,
    browser,
    signedUp,
    async verified(email) {
      const user = await signedUp(email);
      await sql('UPDATE tokenjar.users SET email_verified = true WHERE email = $1', [user.email]);
      return user;
    },
    sql,
    async close() {
      // A browser may hold a connection that it opened in advance.
      await closeServer(app, connections);
      if (!given) await database.drop();
      refuseSecretsIn(url, log, requestLog);
    },
  };
}

/** Letters only: digits could be too similar to a password of digits. */
export const uniqueEmail = (): string =>
  `user-${randomBytes(6)
    .toString('hex')
    .replace(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))}@example.com`;

function loggerInto(lines: string[], requests: LoggedRequest[]): RequestLogger {
  const note = (...parts: unknown[]) => void lines.push(parts.map(String).join(' '));
  return { log: note, warn: note, error: note, request: (line) => void requests.push(line) };
}
