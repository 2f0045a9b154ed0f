import type { z } from 'zod';
import {
  DATABASE_DEMANDED,
  databaseProblem,
  parseOptions,
  parseWith,
  SettingsError,
  withDialectDefaults,
} from './check.js';
import { isServiceLink, withoutByteOrderMarks } from './foreign-names.js';
import {
  isMeantForUs,
  misnamedDatabases,
  misnamedProblem,
  misspeltProduction,
  nearest,
} from './misspelt-names.js';
import { type Options, type OptionsInput, optionsSchema } from './options.js';
import { PROVIDER_OPTIONS, providerVariable, variablesOf } from './provider-settings.js';
import { type WithFiles, withSecretFiles } from './secret-files.js';
import { NAMES, type OptionName, SECRET_NAMES, secretNamesOf } from './setting-names.js';

/** Settings for which empty is a value: no claim `iss`, no prefix. */
const MAY_BE_EMPTY: ReadonlySet<OptionName> = new Set(['issuer', 'pathPrefix']);
/**
 * Reads the settings from the environment. Nothing else reads it.
 *
 * An empty variable counts as unset, because compose files pass on all variables.
 *
 * @throws {SettingsError} for invalid values and for unknown names that look like settings.
 */
export function readEnvironment(given: NodeJS.ProcessEnv = process.env): Options {
  const { input, problems, isSaid } = readServerPart(given);
  try {
    const options = parseOptions(input);
    if (problems.length === 0) return options;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new SettingsError([...problems, ...error.problems.filter((problem) => !isSaid(problem))]);
  }
  throw new SettingsError(problems);
}

/**
 * Reads the settings as {@link readEnvironment} does, but also those that would stop a start.
 *
 * @returns the problems, and the settings as far as they can be read: invalid ones count as unset.
 */
export function readLeniently(given: NodeJS.ProcessEnv = process.env): {
  options: Options;
  problems: readonly string[];
} {
  const { input } = readServerPart(given);
  const read = optionsSchema.safeParse(withDialectDefaults(input));
  const wrong = new Set(read.error?.issues.map(({ path: [option] }) => option));
  const usable = Object.fromEntries(Object.entries(input).filter(([option]) => !wrong.has(option)));
  const options = read.data ?? parseWith(optionsSchema, withDialectDefaults(usable));
  try {
    readEnvironment(given);
    return { options, problems: [] };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { options, problems: error.problems };
  }
}

/** Where a variable has its value from, and that value as it was written. */
export interface SettingSource {
  name: string;
  /** The option in code; undefined for the settings of providers. */
  option: OptionName | undefined;
  written: string | undefined;
  from: 'environment' | 'file' | 'default';
  isSecret: boolean;
}

/** Where all settings come from, those of providers last. @throws {SettingsError} if a file cannot be read. */
export function sourcesOf(given: NodeJS.ProcessEnv = process.env): SettingSource[] {
  const { environment, fromFiles, problems } = ownPartOf(given, allSecretsIn);
  if (problems.length > 0) throw new SettingsError(problems);
  const ids = providerIdsIn(environment);
  const secrets = new Set([...SECRET_NAMES, ...ids.flatMap(secretNamesOf)]);
  const source = (name: string, option?: OptionName): SettingSource => {
    const value = environment[name]?.trim();
    const isSet = Boolean(value) || (value === '' && option !== undefined && MAY_BE_EMPTY.has(option));
    return {
      name,
      option,
      written: isSet ? value : undefined,
      from: !isSet ? 'default' : fromFiles.has(name) ? 'file' : 'environment',
      isSecret: secrets.has(name),
    };
  };
  return [
    ...[...NAMES].map(([name, option]) => source(name, option)),
    ...ids.flatMap(variablesOf).map((name) => source(name)),
  ];
}

/** The input of the server, and what is wrong with its names and files. */
function readServerPart(given: NodeJS.ProcessEnv) {
  const { environment, problems: ofFiles, unread } = ownPartOf(given, allSecretsIn);
  const misnamed = unread.has('DATABASE_URL') ? [] : misnamedDatabases(environment);
  const ofProviders = new Set(providerIdsIn(environment).flatMap(variablesOf));
  const unknown = Object.keys(environment)
    .filter((name) => environment[name] && isMeantForUs(name) && !ofProviders.has(name))
    .filter((name) => !misnamed.includes(name))
    .map((name) => `${name}: is not a setting, did you mean ${nearest(name)}?`);
  const problems = [
    ...ofFiles,
    ...unknown,
    ...misnamed.map(misnamedProblem),
    ...misspeltProduction(environment),
  ];
  // A misspelled name, or a file that cannot be read, is more helpful than a message about the missing value.
  const isSaid = (problem: string): boolean =>
    (problem === DATABASE_DEMANDED && (misnamed.length > 0 || unread.has('DATABASE_URL'))) ||
    [...unread].some((name) => problem.startsWith(`${name}: is required`));
  return { input: inputOf(environment), problems, isSaid };
}

/** Reads what the operator's commands need: the database and some lifetimes, no secret. @throws {SettingsError} */
export function readOperatorEnvironment(given: NodeJS.ProcessEnv = process.env): OperatorSettings {
  const { environment, problems, unread } = ownPartOf(given, () => ['DATABASE_URL']);
  if (unread.size > 0) throw new SettingsError(problems);
  const input = inputOf(environment);
  const misnamed = [
    ...problems,
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
): z.output<typeof SECRET_SCHEMA> => {
  const { environment, problems } = ownPartOf(given, () => ['SECRET_KEY', 'SECRET_KEY_FALLBACKS']);
  if (problems.length > 0) throw new SettingsError(problems);
  return parseWith(SECRET_SCHEMA, inputOf(environment));
};

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
  userId: true,
});

/** Reads what the commands need that change signing keys. @throws {SettingsError} */
export const readKeyEnvironment = (given: NodeJS.ProcessEnv = process.env) => {
  const { environment, problems } = ownPartOf(given, () => ['SIGNING_KEY']);
  if (problems.length > 0) throw new SettingsError(problems);
  return parseWith(
    optionsSchema.pick({ algorithm: true, signingKey: true, verifyingKey: true, tokenFormat: true }),
    withDialectDefaults(inputOf(environment)),
  );
};

/** Reads what a command needs that prints a link. No other command minds these settings. @throws {SettingsError} */
export const readLinkEnvironment = (given: NodeJS.ProcessEnv = process.env): LinkSettings =>
  parseWith(LINK_SCHEMA, withDialectDefaults(inputOf(ownPartOf(given, () => []).environment)));

export type LinkSettings = z.output<typeof LINK_SCHEMA>;

const LINK_SCHEMA = optionsSchema.pick({
  port: true,
  frontendUrl: true,
  publicUrl: true,
  resetPasswordLink: true,
  signInWith: true,
  emailVerification: true,
  userId: true,
});

/** The environment without the variables that Kubernetes adds, with the secrets that are in files. */
function ownPartOf(
  given: NodeJS.ProcessEnv,
  secretsIn: (environment: NodeJS.ProcessEnv) => readonly string[],
): WithFiles {
  const environment = Object.fromEntries(
    Object.entries(withoutByteOrderMarks(given)).filter(
      ([name, value]) => value !== undefined && !isServiceLink(name, value),
    ),
  );
  return withSecretFiles(environment, secretsIn(environment));
}

const allSecretsIn = (environment: NodeJS.ProcessEnv): string[] => [
  ...SECRET_NAMES,
  ...providerIdsIn(environment).flatMap(secretNamesOf),
];

/** The operator who runs commands, if the system user does not identify them. */
export const operatorName = ({ TOKENJAR_OPERATOR } = process.env): string | undefined => TOKENJAR_OPERATOR;

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

/** Whether this process is one of production, whatever a host passes to its module. */
export const isProductionProcess = (): boolean => process.env.NODE_ENV?.trim() === 'production';
