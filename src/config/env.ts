import type { z } from 'zod';
import {
  DATABASE_DEMANDED,
  databaseProblem,
  environmentName,
  parseOptions,
  parseWith,
  SettingsError,
  withDialectDefaults,
} from './check.js';
import { isServiceLink, namesDatabase, withoutByteOrderMarks } from './foreign-names.js';
import { type Options, type OptionsInput, optionsSchema } from './options.js';
import { PROVIDER_OPTIONS, providerVariable } from './provider-settings.js';

type OptionName = keyof OptionsInput;

const NAMES = new Map(
  Object.keys(optionsSchema.shape).map((option) => [environmentName(option), option as OptionName]),
);
/** Settings for which empty is a value: no claim `iss`, no prefix. */
const MAY_BE_EMPTY: ReadonlySet<OptionName> = new Set(['issuer', 'pathPrefix']);
/** Prefixes that only our settings have: an unknown name with one of them is a typing error. */
const PREFIXES = [
  'ACCESS_TOKEN_',
  'ACCOUNT_LOCK_',
  'AUDIT_',
  'COOKIE_',
  'CORS_ALLOWED_',
  'DOCS_',
  'EMAIL_',
  'FRONTEND_',
  'LIMIT_',
  'MAIL_',
  'PASSWORD_',
  'RATE_LIMIT_',
  'REFRESH_',
  'SECRET_KEY_',
  'SESSION_',
  'SMTP_',
  'TRUSTED_',
  'WEBHOOK_',
];
/** Variables of desktops, shells and mail programs that look like ours. */
const OTHERS = /^(SESSION_MANAGER$|PASSWORD_STORE_|MAILDIR$)/;
/** Former names of settings. */
const RENAMED = new Map([['LETTERS_DIR', 'EMAIL_TEMPLATES_DIR']]);

/**
 * Reads the settings from the environment. Nothing else reads it.
 *
 * An empty variable counts as unset, because compose files pass on all variables.
 *
 * @throws {SettingsError} for invalid values and for unknown names that look like settings.
 */
export function readEnvironment(given: NodeJS.ProcessEnv = process.env): Options {
  const environment = ownPartOf(given);
  const misnamed = misnamedDatabases(environment);
  const ofProviders = new Set(providerIdsIn(environment).flatMap(variablesOf));
  const unknown = Object.keys(environment)
    .filter((name) => environment[name] && isMeantForUs(name) && !ofProviders.has(name))
    .filter((name) => !misnamed.includes(name))
    .map((name) => `${name}: is not a setting, did you mean ${RENAMED.get(name) ?? nearest(name)}?`);
  unknown.push(...misnamed.map(misnamedProblem), ...misspeltProduction(environment));
  try {
    const options = parseOptions(inputOf(environment));
    if (unknown.length === 0) return options;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    // The misspelled name is more helpful than a message about the missing DATABASE_URL.
    const isSaid = (problem: string) => misnamed.length > 0 && problem === DATABASE_DEMANDED;
    throw new SettingsError([...unknown, ...error.problems.filter((problem) => !isSaid(problem))]);
  }
  throw new SettingsError(unknown);
}

/** Reads what the operator's commands need: the database and some lifetimes, no secret. @throws {SettingsError} */
export function readOperatorEnvironment(given: NodeJS.ProcessEnv = process.env): OperatorSettings {
  const environment = ownPartOf(given);
  const input = inputOf(environment);
  const misnamed = [
    ...misnamedDatabases(environment).map(misnamedProblem),
    ...misspeltProduction(environment),
  ];
  const settings = parseWith(OPERATOR_SCHEMA, input);
  const missing = databaseProblem({ ...settings, production: input.production === true });
  // Otherwise the command would run on a new, empty database.
  if (misnamed.length > 0) throw new SettingsError(misnamed);
  if (missing !== undefined) throw new SettingsError([missing]);
  return settings;
}

/** Reads what the commands need that verify or seal something. No other command reads a secret. @throws {SettingsError} */
export const readSecretEnvironment = (
  given: NodeJS.ProcessEnv = process.env,
): z.output<typeof SECRET_SCHEMA> => parseWith(SECRET_SCHEMA, inputOf(ownPartOf(given)));

const SECRET_SCHEMA = optionsSchema.pick({
  secretKey: true,
  secretKeyFallbacks: true,
  dataDir: true,
  webhookAllowPrivate: true,
});

export type OperatorSettings = z.output<typeof OPERATOR_SCHEMA>;

const OPERATOR_SCHEMA = optionsSchema.pick({
  databaseUrl: true,
  database: true,
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
});

/** Reads what the commands need that change signing keys. @throws {SettingsError} */
export const readKeyEnvironment = (given: NodeJS.ProcessEnv = process.env) =>
  parseWith(
    optionsSchema.pick({ algorithm: true, signingKey: true, verifyingKey: true, tokenFormat: true }),
    withDialectDefaults(inputOf(ownPartOf(given))),
  );

/** Reads what a command needs that prints a link. No other command minds these settings. @throws {SettingsError} */
export const readLinkEnvironment = (given: NodeJS.ProcessEnv = process.env): LinkSettings =>
  parseWith(LINK_SCHEMA, withDialectDefaults(inputOf(ownPartOf(given))));

export type LinkSettings = z.output<typeof LINK_SCHEMA>;

const LINK_SCHEMA = optionsSchema.pick({
  port: true,
  frontendUrl: true,
  publicUrl: true,
  resetPasswordLink: true,
  signInWith: true,
  emailVerification: true,
});

/** The environment without the variables that Kubernetes adds. */
const ownPartOf = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(withoutByteOrderMarks(environment)).filter(
      ([name, value]) => value !== undefined && !isServiceLink(name, value),
    ),
  );

/** The operator who runs commands, if the system user does not identify them. */
export const operatorName = ({ TOKENJAR_OPERATOR } = process.env): string | undefined => TOKENJAR_OPERATOR;

/**
 * Variables that contain the address of a database while `DATABASE_URL` is unset: the server would start with an empty one.
 *
 * Outside production, names other than `DATABASE_…` may be meant for another program on the same machine.
 */
function misnamedDatabases(environment: NodeJS.ProcessEnv): string[] {
  if (environment.DATABASE_URL?.trim() || environment.DATABASE?.trim() === 'embedded') return [];
  const isProduction = environment.NODE_ENV?.trim() === 'production';
  return Object.keys(environment).filter(
    (name) =>
      environment[name]?.trim() &&
      ((namesDatabase(name) && (isProduction || name.startsWith('DATABASE'))) ||
        (distance(name, 'DATABASE_URL') <= 2 && name !== 'DATABASE_URL')),
  );
}

/** With another word for production, the server would start with the looser rules of a trial, and nobody would notice. */
function misspeltProduction({ NODE_ENV }: NodeJS.ProcessEnv): string[] {
  const said = NODE_ENV?.trim() ?? '';
  const isMeant = /^(prod|prd|live$)/i.test(said) || distance(said.toLowerCase(), 'production') <= 2;
  return isMeant && said !== 'production'
    ? [`NODE_ENV: ${said.slice(0, 40)} has no meaning, did you mean production?`]
    : [];
}

const misnamedProblem = (name: string): string => `${name}: is not a setting, did you mean DATABASE_URL?`;

function inputOf(environment: NodeJS.ProcessEnv): OptionsInput {
  const input: Record<string, unknown> = {};
  for (const [name, option] of NAMES) {
    const value = environment[name]?.trim();
    if (option === 'production') input.production = value === 'production';
    else if (option === 'providers') input.providers = providersIn(environment);
    else if (value || (value === '' && MAY_BE_EMPTY.has(option))) input[option] = value;
  }
  return input;
}

const providerIdsIn = ({ PROVIDERS = '' }: NodeJS.ProcessEnv): string[] =>
  PROVIDERS.split(',')
    .map((id) => id.trim())
    .filter(Boolean);

const variablesOf = (id: string): string[] =>
  Object.keys(PROVIDER_OPTIONS).map((option) => providerVariable(id, option));

/** Each provider of `PROVIDERS`, with the variables that begin with its name. */
const providersIn = (environment: NodeJS.ProcessEnv): Record<string, unknown>[] =>
  providerIdsIn(environment).map((id) => ({
    id,
    ...Object.fromEntries(
      Object.keys(PROVIDER_OPTIONS).map((option) => [
        option,
        environment[providerVariable(id, option)]?.trim() || undefined,
      ]),
    ),
  }));

/** Whether an unknown name was meant to be a setting. {@link misnamedDatabases} are reported separately. */
function isMeantForUs(name: string): boolean {
  if (NAMES.has(name) || OTHERS.test(name)) return false;
  return (
    RENAMED.has(name) ||
    PREFIXES.some((prefix) => name.startsWith(prefix)) ||
    [...NAMES.keys()].some((known) => known !== 'DATABASE_URL' && isSlipOf(known, name))
  );
}

/**
 * Whether a name is within two edits of a known one.
 *
 * Short names are close to unrelated ones (HOME, HOST), and the first letter is rarely wrong (HTTP_URL is not SMTP_URL).
 */
function isSlipOf(known: string, name: string): boolean {
  const edits = known.length < 6 ? 0 : known.length < 8 ? 1 : 2;
  const mayBe = name[0] === known[0] && Math.abs(name.length - known.length) <= edits;
  return mayBe && distance(name, known) <= edits;
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
