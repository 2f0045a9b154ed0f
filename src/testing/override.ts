import { Clock } from '../clock.js';
import { GIVEN_OPTIONS } from '../config/injection-tokens.js';
import { OPTIONS, type Options } from '../config/options.js';
import { passwordsOf } from '../crypto/password-settings.js';
import { Passwords } from '../crypto/password.js';
import { Database } from '../database/database.js';
import { Metrics } from '../measures.js';
import { Mailer } from '../mail/mailer.js';
import { refuseProduction } from './refuse-production.js';
import { temporaryData } from './temporary-data.js';
import { TestClock } from './test-clock.js';
import { TestMailbox } from './test-mailbox.js';

/** A hash that costs nothing, and is worth as much. */
const CHEAP = { memoryCost: 8, timeCost: 1, parallelism: 1 };

/** What `Test.createTestingModule()` of `@nestjs/testing` returns. */
export interface TestBuilder {
  /** Replaces a provider. */
  overrideProvider(token: unknown): {
    useValue(value: unknown): unknown;
    useFactory(provider: { factory: (...given: never[]) => unknown; inject?: unknown[] }): unknown;
  };
}

/** What a test puts in place of Tokenjar's own. */
export interface TestParts {
  clock?: TestClock;
  mailbox?: TestMailbox;
  /**
   * The database of the test. By default that of the settings of the app; or, if they name none or this is null, an embedded
   * one in a directory of its own, which is removed.
   */
  databaseUrl?: string | null;
}

/**
 * Prepares Tokenjar in the app of a test: a clock that stands still, a mailbox, passwords that cost nothing to hash, and a
 * database that is not the one of development. Everything else is as in production.
 *
 * @throws {Error} in production: passwords hashed by it are as good as not hashed.
 */
export function overrideTokenjar(
  builder: TestBuilder,
  { clock = new TestClock(), mailbox = new TestMailbox(), databaseUrl }: TestParts = {},
): { clock: TestClock; mailbox: TestMailbox } {
  refuseProduction();
  builder.overrideProvider(Clock).useValue(clock);
  builder.overrideProvider(Mailer).useValue(mailbox);
  builder.overrideProvider(OPTIONS).useFactory({
    factory: (given: Options) => withDatabase(given, databaseUrl),
    inject: [GIVEN_OPTIONS],
  });
  builder.overrideProvider(Passwords).useFactory({
    factory: (options: Options, db: Database, metrics: Metrics) =>
      db.orClose(() => passwordsOf(options, { passwordHash: CHEAP }, metrics)),
    inject: [OPTIONS, Database, Metrics],
  });
  return { clock, mailbox };
}

function withDatabase(given: Options, databaseUrl: string | null | undefined): Options {
  if (given.production) throw new Error('tokenjar/testing is not for production');
  const url = databaseUrl === undefined ? given.databaseUrl : (databaseUrl ?? undefined);
  return url === undefined
    ? { ...given, databaseUrl: undefined, dataDir: temporaryData() }
    : { ...given, databaseUrl: url };
}
