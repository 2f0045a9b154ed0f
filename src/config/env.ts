import { environmentName, parseOptions, parseWith, SettingsError } from './check.js';
import { type Options, type OptionsInput, optionsSchema } from './options.js';

type OptionName = keyof OptionsInput;

const NAMES = new Map(
  Object.keys(optionsSchema.shape).map((option) => [environmentName(option), option as OptionName]),
);
/** Emptied on purpose: no claim `iss`, no prefix. */
const MAY_BE_EMPTY: ReadonlySet<OptionName> = new Set(['issuer', 'pathPrefix']);
/** A variable that begins like one of ours and is none is a slip of the pen, not somebody else's (but a desktop's). */
const OURS =
  /^(ACCESS_TOKEN_|REFRESH_|ROTATE_|COOKIE_|SESSION_(?!MANAGER$)|PASSWORD_(?!STORE_)|EMAIL_|TRUSTED_|CORS_ALLOWED_|PUBLIC_URL_|SIGNING_|VERIFYING_|SECRET_KEY_|CLEAR_DEAD_|USER_ID_|AUTH_HEADER_|DATABASE_POOL|BLACKLIST_|PURGE_|PATH_PREFIX|DOCS_|LIMIT_|RATE_LIMIT_|ACCOUNT_LOCK|AUDIT_|SMTP_|MAIL_|FRONTEND_|LETTERS_)/;

/**
 * Reads the settings from the environment; the only place that does.
 *
 * An empty variable counts as unset, as in a compose file that passes everything on.
 *
 * @throws {SettingsError} for values that cannot be used and for names that begin like ours and are unknown.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv = process.env): Options {
  const unknown = Object.keys(environment)
    .filter((name) => environment[name] && OURS.test(name) && !NAMES.has(name))
    .map((name) => `${name}: is no setting, did you mean ${nearest(name)}?`);
  try {
    const options = parseOptions(inputOf(environment));
    if (unknown.length === 0) return options;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new SettingsError([...unknown, ...error.problems]);
  }
  throw new SettingsError(unknown);
}

/** Reads what a command of the operator needs: the database and some lifetimes, no secret. @throws {SettingsError} */
export const readOperatorEnvironment = (environment: NodeJS.ProcessEnv = process.env) =>
  parseWith(
    optionsSchema.pick({
      databaseUrl: true,
      databasePoolSize: true,
      dataDir: true,
      migrate: true,
      blacklistFeed: true,
      purgeInterval: true,
      accessTokenLifetime: true,
      refreshTokenLifetime: true,
      sessionMaxLifetime: true,
      leeway: true,
      auditRetention: true,
    }),
    inputOf(environment),
  );

/** Who gives commands, where the machine does not tell. */
export const operatorName = (environment: NodeJS.ProcessEnv = process.env): string | undefined =>
  environment.TOKENJAR_OPERATOR;

function inputOf(environment: NodeJS.ProcessEnv): OptionsInput {
  const input: Record<string, unknown> = {};
  for (const [name, option] of NAMES) {
    const value = environment[name]?.trim();
    if (option === 'production') input.production = value === 'production';
    else if (value || (value === '' && MAY_BE_EMPTY.has(option))) input[option] = value;
  }
  return input;
}

function nearest(name: string): string {
  const known = [...NAMES.keys()];
  return known.reduce((best, candidate) =>
    distance(name, candidate) < distance(name, best) ? candidate : best,
  );
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
