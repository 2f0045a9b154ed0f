import type { z } from 'zod';
import { DIALECT_DEFAULTS } from './dialect-defaults.js';
import { type Options, type OptionsInput, optionsSchema } from './options.js';
import { mountOf } from './public-url.js';

/** Settings that cannot be used: one line a problem, each naming its setting. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
  }
}

/** `accessTokenLifetime` → `ACCESS_TOKEN_LIFETIME`. */
export const environmentName = (option: string): string =>
  option === 'production' ? 'NODE_ENV' : option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Reads values with a schema and names the settings that cannot be used. @throws {SettingsError} */
export function parseWith<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const first = new Map<string, string>();
  for (const issue of result.error.issues) {
    const name = environmentName(String(issue.path[0] ?? ''));
    if (!first.has(name)) first.set(name, `${name}: ${issue.message}`);
  }
  throw new SettingsError([...first.values()]);
}

/**
 * Reads settings and fills in their defaults.
 *
 * @throws {SettingsError} naming every setting that cannot be used; once each is fine alone, those that clash.
 */
export function parseOptions(input: OptionsInput): Options {
  const options = parseWith(optionsSchema, withDialectDefaults(input));
  const problems = conflictsIn(options);
  if (problems.length > 0) throw new SettingsError(problems);
  return options;
}

/** What is set wins over the defaults of the dialect, and these over the general ones. */
function withDialectDefaults(input: OptionsInput): OptionsInput {
  const dialect = optionsSchema.shape.dialect.safeParse(input.dialect);
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  return { ...(dialect.success && DIALECT_DEFAULTS[dialect.data]), ...Object.fromEntries(given) };
}

/** Claims of tokens beside the user's id. */
const CLAIMS_OF_OURS = 'iss aud exp iat nbf jti sid gen token_type roles scope amr acr auth_time act'.split(
  ' ',
);

/** Names that our other cookies have or will have. */
const OTHER_COOKIES = ['known_device', 'pending_login', 'passkey_challenge', 'trusted_device'];

/** Refuses what is fine alone but not together. */
function conflictsIn(options: Options): string[] {
  const problems: string[] = [];
  if (options.secretKey === undefined && options.production)
    problems.push('SECRET_KEY: is demanded in production (at least 32 bytes; try: openssl rand -base64 48)');
  else if (options.secretKey === undefined && options.databaseUrl)
    problems.push(
      'SECRET_KEY: is demanded with DATABASE_URL, because instances share it (at least 32 bytes; try: openssl rand -base64 48)',
    );
  else if (
    options.secretKey !== undefined &&
    (options.production || options.databaseUrl) &&
    isWeak(options.secretKey)
  )
    problems.push('SECRET_KEY: is weaker than 32 bytes (try: openssl rand -base64 48)');

  const database = databaseProblem(options);
  if (database !== undefined) problems.push(database);
  if ((options.production || options.databaseUrl) && options.secretKeyFallbacks.some(isWeak))
    problems.push('SECRET_KEY_FALLBACKS: holds a key that is weaker than 32 bytes');

  if (options.webConcurrency > 1 && options.databaseUrl === undefined)
    problems.push('WEB_CONCURRENCY: more than 1 needs DATABASE_URL, the embedded database is of one process');

  if (options.cookieSamesite === 'none' && options.cookieSecure !== true)
    problems.push('COOKIE_SAMESITE: none needs COOKIE_SECURE=true, browsers drop the cookie otherwise');
  if (options.cookiePartitioned && options.cookieSecure !== true)
    problems.push('COOKIE_PARTITIONED: on needs COOKIE_SECURE=true, browsers drop the cookie otherwise');
  if (OTHER_COOKIES.includes(options.cookieName.toLowerCase()))
    problems.push(`COOKIE_NAME: ${options.cookieName} is the name of another cookie of ours`);
  if (/^__(Host|Secure)-/i.test(options.cookieName))
    problems.push('COOKIE_NAME: must not carry a prefix, COOKIE_PREFIX=auto puts it before the name');
  const mount = mountOf(options);
  const api = `${mount}/${options.pathPrefix}`;
  const path = options.cookiePath.replace(/\/$/, '');
  if (api !== path && !api.startsWith(`${path}/`))
    problems.push(
      `COOKIE_PATH: ${options.cookiePath} does not cover the API at ${api}, the refresh would never see the cookie`,
    );

  const taken = [options.pathPrefix, options.docsPath, 'assets', 'health'].find(
    (path) => mount !== '' && path !== '' && isWithin(`/${path}`, mount),
  );
  if (taken !== undefined)
    problems.push(
      `PUBLIC_URL: must not end in ${mount}, where /${taken} is anyway: leave the path away, or change PATH_PREFIX or DOCS_PATH`,
    );
  if (options.trustedOrigins.includes('null') && options.refreshTokenIn !== 'body')
    problems.push(
      'TRUSTED_ORIGINS: must not hold null, the origin of any page that wants to be it; with REFRESH_TOKEN_IN=body alone it may',
    );

  problems.push(...mailConflictsIn(options));
  if (options.verifyingKey !== undefined && options.signingKey === undefined)
    problems.push('VERIFYING_KEY: needs SIGNING_KEY beside it');
  if (options.verifyingKey !== undefined && options.algorithm.startsWith('HS'))
    problems.push(`VERIFYING_KEY: has no meaning with ALGORITHM=${options.algorithm}`);
  if (CLAIMS_OF_OURS.includes(options.userIdClaim))
    problems.push(`USER_ID_CLAIM: ${options.userIdClaim} is taken by another claim`);
  return problems;
}

/** Whether one of two paths lies below the other. */
const isWithin = (a: string, b: string): boolean =>
  `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);

export const DATABASE_DEMANDED =
  'DATABASE_URL: is demanded in production (DATABASE=embedded if the embedded database is meant)';

/** A server that lost the address of its database must not start with an empty one. */
export function databaseProblem({
  production,
  databaseUrl,
  database,
}: Pick<Options, 'production' | 'databaseUrl' | 'database'>): string | undefined {
  if (databaseUrl !== undefined)
    return database === 'embedded' ? 'DATABASE: embedded has no meaning beside DATABASE_URL' : undefined;
  return production && database !== 'embedded' ? DATABASE_DEMANDED : undefined;
}

/** Emails may be missing, but not lead nowhere, nor be waited for in vain. */
function mailConflictsIn(options: Options): string[] {
  const { smtpUrl, mailDir, frontendUrl, publicUrl, emailVerification, production } = options;
  const problems: string[] = [];
  if (smtpUrl !== undefined && mailDir !== undefined)
    problems.push('MAIL_DIR: has no meaning beside SMTP_URL, set one of them');
  if (production && !sendsEmails(options) && emailVerification !== 'none')
    problems.push(`SMTP_URL: is demanded in production with EMAIL_VERIFICATION=${emailVerification}`);
  if (production && sendsEmails(options) && (frontendUrl ?? publicUrl) === undefined)
    problems.push(
      'FRONTEND_URL: is demanded in production with SMTP_URL or MAIL_DIR, the links of emails lead there',
    );
  return problems;
}

/** Whether emails leave; outside production they are printed where no way is set. */
export const sendsEmails = ({ smtpUrl, mailDir, production }: Options): boolean =>
  smtpUrl !== undefined || mailDir !== undefined || !production;

const isWeak = (secretKey: string): boolean => Buffer.byteLength(secretKey) < 32;

/** What is allowed but should be known: one line each, for the log at start. */
export function warningsFor(options: Options): string[] {
  const warnings: string[] = [];
  const { refreshGrace, refreshGiveUp, refreshRotateAfter } = options;
  if (options.secretKey !== undefined && isWeak(options.secretKey))
    warnings.push('SECRET_KEY is weaker than 32 bytes: good for a trial, refused in production');
  if (!options.rotateRefreshTokens)
    warnings.push('ROTATE_REFRESH_TOKENS=off: a stolen refresh token is not noticed');
  else if (refreshGrace === 0)
    warnings.push('REFRESH_GRACE=0s: two tabs at once or a lost answer end the session');
  // A browser that crashes may bring a cookie back that it had 30 s before: docs/decisions/0001.
  else if (refreshRotateAfter <= refreshGrace + 2 * refreshGiveUp + 30)
    warnings.push(
      `REFRESH_ROTATE_AFTER=${refreshRotateAfter}s is not above REFRESH_GRACE + 2 × REFRESH_GIVE_UP + 30s = ${refreshGrace + 2 * refreshGiveUp + 30}s: a slow answer or a browser crash can end an honest session`,
    );
  if (options.rotateRefreshTokens && options.refreshTokenLifetime <= refreshRotateAfter)
    warnings.push(
      `REFRESH_TOKEN_LIFETIME=${options.refreshTokenLifetime}s is not above REFRESH_ROTATE_AFTER: a session ends however often it is used`,
    );
  if (refreshGiveUp < 5)
    warnings.push(
      `REFRESH_GIVE_UP=${refreshGiveUp}s: a refresh that takes longer changes nothing, so that a slow server neither rotates nor notices a thief`,
    );
  if (options.cookiePrefix === 'none' && options.cookieSecure !== false)
    warnings.push(
      'COOKIE_PREFIX=none: over https any sub-domain of the same site can plant a refresh cookie and sign somebody in as somebody else; auto prevents that',
    );
  if (options.cookiePartitioned && options.cookieSamesite !== 'none')
    warnings.push(
      `COOKIE_PARTITIONED=on has no meaning with COOKIE_SAMESITE=${options.cookieSamesite}: other sites never send the cookie`,
    );
  if (options.production && options.cookieSecure === false)
    warnings.push('COOKIE_SECURE=false in production: the refresh cookie travels in the clear');
  if (options.refreshTokenIn !== 'cookie')
    warnings.push(`REFRESH_TOKEN_IN=${options.refreshTokenIn}: scripts can read the refresh token`);
  return warnings;
}

/** Where emails go that do not leave; undefined where they do. */
export function emailsStay(options: Options): string | undefined {
  if (!sendsEmails(options))
    return 'SMTP_URL is not set: no emails are sent, so that nobody can reset a password';
  return options.smtpUrl === undefined && options.mailDir === undefined
    ? 'SMTP_URL is not set: emails are printed here, links and all'
    : undefined;
}
