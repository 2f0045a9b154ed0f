import { OWN_CLAIMS } from './own-claims.js';
import type { z } from 'zod';
import { DIALECT_DEFAULTS } from './dialect-defaults.js';
import { type Options, type OptionsInput, optionsSchema } from './options.js';
import { issuerProblem, PROVIDER_OPTIONS, providerVariable, sharedPagesOf } from './provider-settings.js';
import { mountOf, placeProblems } from './public-url.js';

/** Invalid settings: one line per problem, each naming its setting. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
  }
}

/** `accessTokenLifetime` → `ACCESS_TOKEN_LIFETIME`. */
export const environmentName = (option: string): string =>
  option === 'production' ? 'NODE_ENV' : option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Parses values with a schema. @throws {SettingsError} naming the invalid settings. */
export function parseWith<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const first = new Map<string, string>();
  for (const issue of result.error.issues) {
    const name = nameOf(issue.path, input);
    if (!first.has(name)) first.set(name, `${name}: ${issue.message}`);
  }
  throw new SettingsError([...first.values()]);
}

/** The variable that an issue is about, also within a provider. */
function nameOf([option = '', index, part]: readonly PropertyKey[], input: unknown): string {
  const { providers } = input as { providers?: unknown };
  const provider: unknown = option === 'providers' && Array.isArray(providers) && providers[Number(index)];
  const id = typeof provider === 'object' && provider !== null && 'id' in provider && provider.id;
  return typeof id === 'string' && typeof part === 'string' && part !== 'id'
    ? providerVariable(id, part)
    : environmentName(String(option));
}

interface Given {
  /** Whether emails leave by other means. */
  hasMailer?: boolean;
  /** Whether it is in the app of a host, which tells only when it starts below what its routes are. */
  isInHost?: boolean;
}

/**
 * Parses settings and fills in their defaults.
 *
 * @throws {SettingsError} naming every invalid setting; if each is valid by itself, those that conflict.
 */
export function parseOptions(input: OptionsInput, given: Given = {}): Options {
  const options = parseWith(optionsSchema, withDialectDefaults(input));
  const problems = conflictsIn(options, given);
  if (problems.length > 0) throw new SettingsError(problems);
  return options;
}

/** Explicit settings override the defaults of the dialect, which override the general ones. */
export function withDialectDefaults(input: OptionsInput): OptionsInput {
  const dialect = optionsSchema.shape.dialect.safeParse(input.dialect);
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  return { ...(dialect.success && DIALECT_DEFAULTS[dialect.data]), ...Object.fromEntries(given) };
}

/** Names of our other cookies, present and planned. */
const OTHER_COOKIES = [
  'known_device',
  'pending_login',
  'passkey_challenge',
  'trusted_device',
  'pending_identity',
  'device_proof',
];

/** Finds settings that are valid alone but not together. */
function conflictsIn(options: Options, { hasMailer = false, isInHost = false }: Given): string[] {
  const problems: string[] = [];
  if (options.secretKey === undefined && options.production)
    problems.push('SECRET_KEY: is required in production (at least 32 bytes; try: openssl rand -base64 48)');
  else if (options.secretKey === undefined && options.databaseUrl)
    problems.push(
      'SECRET_KEY: is required with DATABASE_URL, because instances share it (at least 32 bytes; try: openssl rand -base64 48)',
    );
  else if (
    options.secretKey !== undefined &&
    (options.production || options.databaseUrl) &&
    isWeak(options.secretKey)
  )
    problems.push('SECRET_KEY: is shorter than 32 bytes (try: openssl rand -base64 48)');

  const database = databaseProblem(options);
  if (database !== undefined) problems.push(database);
  if ((options.production || options.databaseUrl) && options.secretKeyFallbacks.some(isWeak))
    problems.push('SECRET_KEY_FALLBACKS: contains a key shorter than 32 bytes');

  if (options.webConcurrency > 1 && options.databaseUrl === undefined)
    problems.push(
      'WEB_CONCURRENCY: more than 1 requires DATABASE_URL, because the embedded database supports one process',
    );

  if (options.cookieSamesite === 'none' && options.cookieSecure !== true)
    problems.push('COOKIE_SAMESITE: none requires COOKIE_SECURE=true, otherwise browsers drop the cookie');
  if (options.cookiePartitioned && options.cookieSecure !== true)
    problems.push('COOKIE_PARTITIONED: on requires COOKIE_SECURE=true, otherwise browsers drop the cookie');
  if (OTHER_COOKIES.includes(options.cookieName.toLowerCase()))
    problems.push(`COOKIE_NAME: ${options.cookieName} is the name of another Tokenjar cookie`);
  if (/^__(Host|Secure)-/i.test(options.cookieName))
    problems.push('COOKIE_NAME: must not contain a prefix, COOKIE_PREFIX=auto adds it');
  if (!isInHost) problems.push(...placeProblems(options));
  const mount = mountOf(options);
  const taken = [options.pathPrefix, options.docsPath, 'assets', 'health'].find(
    (path) => mount !== '' && path !== '' && isWithin(`/${path}`, mount),
  );
  if (taken !== undefined)
    problems.push(
      `PUBLIC_URL: must not end in ${mount}, because /${taken} is used already: remove the path, or change PATH_PREFIX or DOCS_PATH`,
    );
  if (options.trustedOrigins.includes('null') && options.refreshTokenIn !== 'body')
    problems.push(
      'TRUSTED_ORIGINS: must not contain null, because any page can have that origin; it is only allowed with REFRESH_TOKEN_IN=body',
    );

  problems.push(...mailConflictsIn(options, hasMailer || sendsEmails(options)));
  problems.push(...providerConflictsIn(options), ...sharedPagesOf(options.providers));
  if (options.verifyingKey !== undefined && options.signingKey === undefined)
    problems.push('VERIFYING_KEY: requires SIGNING_KEY');
  if (options.verifyingKey !== undefined && options.algorithm.startsWith('HS'))
    problems.push(`VERIFYING_KEY: has no effect with ALGORITHM=${options.algorithm}`);
  if (['iss', 'aud', ...OWN_CLAIMS].includes(options.userIdClaim))
    problems.push(`USER_ID_CLAIM: ${options.userIdClaim} is used by another claim`);
  return problems;
}

/** Whether one of two paths is below the other. */
const isWithin = (a: string, b: string): boolean =>
  `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);

export const DATABASE_DEMANDED =
  'DATABASE_URL: is required in production (or DATABASE=embedded for the embedded database)';

/** A server that lost the address of its database must not start with an empty one. */
export function databaseProblem({
  production,
  databaseUrl,
  database,
}: Pick<Options, 'production' | 'databaseUrl' | 'database'>): string | undefined {
  if (databaseUrl !== undefined)
    return database === 'embedded' ? 'DATABASE: embedded conflicts with DATABASE_URL' : undefined;
  return production && database !== 'embedded' ? DATABASE_DEMANDED : undefined;
}

/** Providers whose settings have the names of others, or whose issuers nobody else can reach. */
function providerConflictsIn({ providers, production }: Options): string[] {
  const ours = new Set(Object.keys(optionsSchema.shape).map(environmentName));
  return providers.flatMap(({ id, issuer }) => {
    const taken = Object.keys(PROVIDER_OPTIONS).find((option) => ours.has(providerVariable(id, option)));
    const problem = issuerProblem(issuer, production);
    return [
      ...(taken === undefined
        ? []
        : [`PROVIDERS: ${id} needs another name, because ${providerVariable(id, taken)} is another setting`]),
      ...(problem === undefined ? [] : [`${providerVariable(id, 'issuer')}: ${problem}`]),
    ];
  });
}

/** Emails may be disabled, but not contain dead links, and nobody may have to wait for one that is never sent. */
function mailConflictsIn(options: Options, areSent: boolean): string[] {
  const { smtpUrl, mailDir, frontendUrl, publicUrl, emailVerification, emailCodeLogin, production } = options;
  const problems: string[] = [];
  if (smtpUrl !== undefined && mailDir !== undefined)
    problems.push('MAIL_DIR: conflicts with SMTP_URL, set only one of them');
  if (production && !areSent && emailVerification !== 'none')
    problems.push(`SMTP_URL: is required in production with EMAIL_VERIFICATION=${emailVerification}`);
  if (production && !areSent && emailCodeLogin)
    problems.push('EMAIL_CODE_LOGIN: requires SMTP_URL or MAIL_DIR in production, or nobody gets a code');
  if (production && areSent && (frontendUrl ?? publicUrl) === undefined)
    problems.push(
      'FRONTEND_URL: is required in production with SMTP_URL or MAIL_DIR, for the links in emails',
    );
  return problems;
}

/** Whether emails are sent; outside production they are printed if neither setting is set. */
export const sendsEmails = ({ smtpUrl, mailDir, production }: Options): boolean =>
  smtpUrl !== undefined || mailDir !== undefined || !production;

const isWeak = (secretKey: string): boolean => Buffer.byteLength(secretKey) < 32;

/** Warnings about valid but risky settings, one line each, for the log at startup. */
export function warningsFor(options: Options): string[] {
  const warnings: string[] = [];
  const { refreshGrace, refreshGiveUp, refreshRotateAfter } = options;
  if (options.secretKey !== undefined && isWeak(options.secretKey))
    warnings.push('SECRET_KEY is shorter than 32 bytes: fine for evaluation, rejected in production');
  if (!options.rotateRefreshTokens)
    warnings.push('ROTATE_REFRESH_TOKENS=off: a stolen refresh token is not detected');
  else if (refreshGrace === 0)
    warnings.push('REFRESH_GRACE=0s: parallel tabs or a lost response end the session');
  // A browser that crashes may restore a cookie that it had 30 s before: docs/decisions/0001.
  else if (refreshRotateAfter <= refreshGrace + 2 * refreshGiveUp + 30)
    warnings.push(
      `REFRESH_ROTATE_AFTER=${refreshRotateAfter}s is not above REFRESH_GRACE + 2 × REFRESH_GIVE_UP + 30s = ${refreshGrace + 2 * refreshGiveUp + 30}s: a slow response or a browser crash can end an honest session`,
    );
  if (options.rotateRefreshTokens && options.refreshTokenLifetime <= refreshRotateAfter)
    warnings.push(
      `REFRESH_TOKEN_LIFETIME=${options.refreshTokenLifetime}s is not above REFRESH_ROTATE_AFTER: sessions end even if they are used`,
    );
  if (options.rotateRefreshTokens && options.unrememberedLifetime <= refreshRotateAfter)
    warnings.push(
      `UNREMEMBERED_LIFETIME=${options.unrememberedLifetime}s is not above REFRESH_ROTATE_AFTER: sessions opened with remember: false end even if they are used`,
    );
  if (refreshGiveUp < 5)
    warnings.push(
      `REFRESH_GIVE_UP=${refreshGiveUp}s: a refresh that takes longer has no effect, so a slow server neither rotates nor detects a thief`,
    );
  if (options.cookiePrefix === 'none' && options.cookieSecure !== false)
    warnings.push(
      'COOKIE_PREFIX=none: over https, any subdomain of the same site can plant a refresh cookie and sign a visitor in as somebody else; auto prevents that',
    );
  if (options.cookiePartitioned && options.cookieSamesite !== 'none')
    warnings.push(
      `COOKIE_PARTITIONED=on has no effect with COOKIE_SAMESITE=${options.cookieSamesite}: browsers never send the cookie from other sites`,
    );
  if (options.production && options.cookieSecure === false)
    warnings.push('COOKIE_SECURE=false in production: the refresh cookie is sent unencrypted');
  if (options.emailCodeLogin && options.dialect.startsWith('django'))
    warnings.push(
      `EMAIL_CODE_LOGIN=on has no effect with DIALECT=${options.dialect}, which has no endpoints for it`,
    );
  if (options.metricsPort !== undefined && !/^(localhost|127(\.\d+){3}|::1)$/i.test(options.metricsHost))
    warnings.push(
      `METRICS_HOST=${options.metricsHost}: whoever reaches METRICS_PORT can read how many sign-ins succeed and fail, without a password; only Prometheus should`,
    );
  if (options.refreshTokenIn !== 'cookie')
    warnings.push(`REFRESH_TOKEN_IN=${options.refreshTokenIn}: scripts can read the refresh token`);
  return warnings;
}

/** Says what happens to emails that are not sent; undefined if they are sent. */
export function emailsStay(options: Options): string | undefined {
  if (!sendsEmails(options))
    return 'SMTP_URL is not set: no emails are sent, so users cannot reset their password';
  return options.smtpUrl === undefined && options.mailDir === undefined
    ? 'SMTP_URL is not set: emails are printed to this log, including their links'
    : undefined;
}
