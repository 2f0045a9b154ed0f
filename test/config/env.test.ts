import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { SettingsError, environmentName } from '../../src/config/check.js';
import {
  readEnvironment,
  readLeniently,
  readOperatorEnvironment,
  readSecretEnvironment,
  sourcesOf,
} from '../../src/config/env.js';
import { type Options, optionsSchema } from '../../src/config/options.js';
import { SECRET_NAMES, secretNamesOf } from '../../src/config/setting-names.js';
import { ROUTES } from '../../src/http/operations.js';

/** What is said of variables that cannot be used. */
function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readEnvironment(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('defaults', () => {
  /** Their documented default is a sentence, and this is what it stands for. */
  const IN_WORDS: Partial<Record<keyof Options, unknown>> = {
    databaseUrl: undefined,
    secretKey: undefined,
    signingKey: undefined,
    devisePepper: undefined,
    verifyingKey: undefined,
    cookieDomain: undefined,
    docs: undefined,
    drainTime: undefined,
    frontendUrl: undefined,
    siteLogo: undefined,
    siteColor: undefined,
    smtpUrl: undefined,
    metricsPort: undefined,
    logRequests: undefined,
    logFormat: undefined,
    webhookAllowPrivate: false,
    adminEmail: undefined,
    mailDir: undefined,
    mailFrom: undefined,
    emailTemplatesDir: undefined,
    audience: [],
    nativeReturnTo: [],
    secretKeyFallbacks: [],
    trustedOrigins: [],
    totpIssuer: undefined,
    passkeyRpId: undefined,
    passkeyOrigins: [],
    trustedProxies: [],
    publicUrl: undefined,
    providers: [],
    breachedPasswords: undefined,
    corsAllowedHeaders: [],
    production: false,
    djangoSecretKey: undefined,
    djangoVerifyingKey: undefined,
    djangoAlgorithm: undefined,
    djangoUserIdClaim: undefined,
    djangoIssuer: undefined,
    djangoAudience: undefined,
    djangoLeeway: undefined,
    djangoCookieName: undefined,
  };
  const documented = Object.entries(optionsSchema.shape)
    .filter(([option]) => !(option in IN_WORDS))
    .map(([option, schema]): [string, string] => [environmentName(option), String(schema.meta()?.default)]);

  test('are the documented ones', () => {
    const defaults = readEnvironment({});
    expect(readEnvironment(Object.fromEntries<string>(documented))).toEqual(defaults);
    for (const [option, value] of Object.entries(IN_WORDS))
      expect([option, defaults[option as keyof Options]]).toEqual([option, value]);
  });

  test('are those that others rely on', () => {
    expect(readEnvironment({})).toMatchObject({
      accessTokenLifetime: 600,
      refreshTokenLifetime: 14 * 86_400,
      sessionMaxLifetime: 30 * 86_400,
      refreshGrace: 30,
      refreshGiveUp: 20,
      refreshRotateAfter: 120,
      algorithm: 'ES256',
      cookieSamesite: 'strict',
      emailVerification: 'none',
      rateLimit: true,
      registration: true,
    });
  });

  test('apply to empty variables, as passed on by compose files', () => {
    const names = Object.keys(optionsSchema.shape)
      .map(environmentName)
      .filter((name) => !['ISSUER', 'PATH_PREFIX'].includes(name));
    expect(readEnvironment(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readEnvironment({}));
  });

  test('apply to blank variables', () => {
    expect(readEnvironment({ PORT: ' ', ACCESS_TOKEN_JITTER: ' ', SIGNING_KEY: ' ' })).toEqual(
      readEnvironment({}),
    );
  });

  test('do not apply to an issuer and a prefix that are deliberately empty', () => {
    expect(readEnvironment({ ISSUER: '', PATH_PREFIX: '' })).toMatchObject({ issuer: '', pathPrefix: '' });
  });
});

describe('values', () => {
  test.each<[string, string, keyof Options, unknown]>([
    ['PORT', '0', 'port', 0],
    ['PORT', '65535', 'port', 65_535],
    ['ACCESS_TOKEN_LIFETIME', '15m', 'accessTokenLifetime', 900],
    ['ACCESS_TOKEN_LIFETIME', '90', 'accessTokenLifetime', 90],
    ['REFRESH_GIVE_UP', '1500ms', 'refreshGiveUp', 1.5],
    ...['on', 'true', '1', 'yes', 'ON', ' True '].map((text) => flag(text, true)),
    ...['off', 'false', '0', 'no', 'OFF'].map((text) => flag(text, false)),
    ['ACCESS_TOKEN_JITTER', '5%', 'accessTokenJitter', 0.05],
    ['ACCESS_TOKEN_JITTER', '2.5 %', 'accessTokenJitter', 0.025],
    ['ACCESS_TOKEN_JITTER', '0.1', 'accessTokenJitter', 0.1],
    ['ACCESS_TOKEN_JITTER', '0', 'accessTokenJitter', 0],
    ['ACCESS_TOKEN_JITTER', '50%', 'accessTokenJitter', 0.5],
    ['AUDIENCE', 'shop', 'audience', ['shop']],
    ['AUDIENCE', ' shop , blog,, ', 'audience', ['shop', 'blog']],
    ['AUTH_HEADER_TYPES', 'Bearer,JWT', 'authHeaderTypes', ['Bearer', 'JWT']],
    [
      'TRUSTED_ORIGINS',
      'https://App.example.com,http://localhost:5173',
      'trustedOrigins',
      ['https://app.example.com', 'http://localhost:5173'],
    ],
    [
      'TRUSTED_PROXIES',
      '10.0.0.0/8,::1,fd00::/8,loopback',
      'trustedProxies',
      ['10.0.0.0/8', '::1', 'fd00::/8', 'loopback'],
    ],
    ['PATH_PREFIX', '/api/v1/auth/', 'pathPrefix', 'api/v1/auth'],
    ['DOCS_PATH', '/api/docs/', 'docsPath', 'api/docs'],
    ['COOKIE_SECURE', 'auto', 'cookieSecure', 'auto'],
    ['COOKIE_SECURE', 'true', 'cookieSecure', true],
    ['COOKIE_SAMESITE', 'Lax', 'cookieSamesite', 'lax'],
    ['COOKIE_DOMAIN', '.example.com', 'cookieDomain', '.example.com'],
    ['DOCS', 'off', 'docs', false],
    ['NODE_ENV', 'development', 'production', false],
  ])('%s=%s', (name, text, option, value) => {
    expect(readEnvironment({ [name]: text })[option]).toEqual(value);
  });

  test('NODE_ENV=production', () => {
    expect(
      readEnvironment({ NODE_ENV: 'production', DATABASE: 'embedded', SECRET_KEY: 'x'.repeat(32) })
        .production,
    ).toBe(true);
  });

  function flag(text: string, value: boolean): [string, string, keyof Options, unknown] {
    return ['UPDATE_LAST_LOGIN', text, 'updateLastLogin', value];
  }
});

describe('invalid values', () => {
  test.each([
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['DATABASE_URL', 'localhost:5432'],
    ['DATABASE_URL', 'mysql://localhost/app'],
    ['DATABASE_POOL_SIZE', '0'],
    ['MIGRATE', 'later'],
    ['DIALECT', 'klingon'],
    ['PATH_PREFIX', 'my api'],
    ['PATH_PREFIX', 'api//auth'],
    ['PATH_PREFIX', ':id'],
    ['ALGORITHM', 'none'],
    ['ALGORITHM', 'es256'],
    ['LEEWAY', 'some'],
    ['ACCESS_TOKEN_LIFETIME', '0s'],
    ['ACCESS_TOKEN_LIFETIME', '500ms'],
    ['ACCESS_TOKEN_LIFETIME', '10 minutes'],
    ['ACCESS_TOKEN_JITTER', '51%'],
    ['ACCESS_TOKEN_JITTER', '-1%'],
    ['ACCESS_TOKEN_JITTER', '5'],
    ['ACCESS_TOKEN_JITTER', 'some%'],
    ['ACCESS_TOKEN_JITTER', '1,5%'],
    ['USER_ID_CLAIM', 'user id'],
    ['AUTH_HEADER_TYPES', ','],
    ['AUTH_HEADER_TYPES', 'Bearer token'],
    ['REFRESH_TOKEN_LIFETIME', '-1d'],
    ['REFRESH_GIVE_UP', '0s'],
    ['ROTATE_REFRESH_TOKENS', 'maybe'],
    ['REFRESH_TOKEN_IN', 'header'],
    ['COOKIE_NAME', 'refresh;token'],
    ['COOKIE_NAME', 'refresh token'],
    ['COOKIE_PREFIX', '__Host-'],
    ['COOKIE_PATH', 'auth'],
    ['COOKIE_PATH', '/; Domain=evil.example'],
    ['COOKIE_DOMAIN', 'https://example.com'],
    ['COOKIE_DOMAIN', 'example.com; Secure'],
    ['COOKIE_SECURE', 'perhaps'],
    ['COOKIE_SAMESITE', 'loose'],
    ['TRUSTED_ORIGINS', '*'],
    ['TRUSTED_ORIGINS', 'null'],
    ['TRUSTED_ORIGINS', 'https://*.com'],
    ['TRUSTED_ORIGINS', 'https://app.*.example.com'],
    ['TRUSTED_ORIGINS', 'htps://app.example.com'],
    ['CORS_ALLOWED_HEADERS', '*'],
    ['CORS_ALLOWED_HEADERS', 'X-One;X-Two'],
    ['PUBLIC_URL', 'example.com/accounts'],
    ['PUBLIC_URL', 'https://example.com/a b'],
    ['PUBLIC_URL', 'https://example.com/auth'],
    ['PUBLIC_URL', 'https://example.com/?a'],
    ['TRUSTED_ORIGINS', 'app.example.com'],
    ['TRUSTED_ORIGINS', 'https://app.example.com/page'],
    ['TRUSTED_ORIGINS', 'https://good.example,https://app.example/login'],
    ['TRUSTED_PROXIES', 'proxy.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8x'],
    ['TRUSTED_PROXIES', '0.0.0.0/0'],
    ['TRUSTED_PROXIES', 'loopback,::/0'],
    ['TRUSTED_PROXIES', '0.0.0.0/1,128.0.0.0/1'],
    ['TRUSTED_PROXIES', '::ffff:0:0/96'],
    ['TRUSTED_PROXIES', '::ffff:0.0.0.0/97'],
    ['TRUSTED_PROXIES', '::/16'],
    ['TRUSTED_PROXIES', '2000::/3'],
    ['DATABASE', 'postgres'],
    ['EMAIL_VERIFICATION', 'perhaps'],
    ['SMTP_URL', 'mail.example.com'],
    ['SMTP_URL', 'https://mail.example.com'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'a@b.example, c@d.example'],
    ['MAIL_FROM', 'A <a@b.example>\nBcc: c@d.example'],
    ['FRONTEND_URL', 'example.com'],
    ['FRONTEND_URL', 'https://example.com/?a=b'],
    ['VERIFY_EMAIL_LINK', '/verify-email'],
    ['RESET_PASSWORD_LINK', 'javascript:{token}'],
    ['PASSWORD_RESET_LIFETIME', '1s'],
    ['PASSWORD_MIN_LENGTH', '0'],
    ['DOCS_PATH', '/'],
    ['WEB_CONCURRENCY', '0'],
    ['SHUTDOWN_TIMEOUT', 'forever'],
    // Longer than a timer can wait: it would fire at once.
    ['SHUTDOWN_TIMEOUT', '30d'],
    // Beyond the last moment a date or a token can name.
    ['ACCESS_TOKEN_LIFETIME', '4000000d'],
    ['REFRESH_TOKEN_LIFETIME', '200000000d'],
    ['SESSION_MAX_LIFETIME', '200000000d'],
  ])('%s=%s', (name, text) => {
    expect(problemsOf({ [name]: text })).toEqual([expect.stringMatching(new RegExp(`^${name}: must .{5}`))]);
  });

  test('are all named, once', () => {
    const problems = problemsOf({ TRUSTED_ORIGINS: 'a,b,c', PORT: 'x', LEEWAY: 'y', COOKIE_NAM: 'z' });
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      'COOKIE_NAM',
      'PORT',
      'LEEWAY',
      'TRUSTED_ORIGINS',
    ]);
  });

  test('are not repeated, because they may be secrets', () => {
    const url = 'mysql://root:hunter2@localhost';
    expect(
      problemsOf({ DATABASE_URL: url, SECRET_KEY: 'hunter2', NODE_ENV: 'production' }).join(),
    ).not.toContain('hunter2');
  });
});

describe('unknown names', () => {
  const known = Object.keys(optionsSchema.shape).map(environmentName);
  const long = known.filter((name) => name.length >= 8 && name !== 'DATABASE_URL');

  test('one missing or additional letter is detected in any name', () => {
    for (const name of long)
      for (const slip of [`${name}X`, name.slice(0, 3) + name.slice(4), name.slice(0, -1)].filter(
        (each) => !known.includes(each),
      ))
        expect(problemsOf({ [slip]: 'x' })).toEqual([
          expect.stringMatching(new RegExp(`^${slip}: is not a setting, did you mean \\w+\\?$`)),
        ]);
  });

  test.each([
    ['ACCESS_TOKEN_LIFETME', 'ACCESS_TOKEN_LIFETIME'],
    ['ACCESS_TOKEN_TTL', 'ACCESS_TOKEN_JITTER'],
    ['REFRESH_TOKEN_LIFETIMES', 'REFRESH_TOKEN_LIFETIME'],
    ['ROTATE_REFRESH_TOKEN', 'ROTATE_REFRESH_TOKENS'],
    ['COOKIE_SAME_SITE', 'COOKIE_SAMESITE'],
    ['SESSION_MAX_LIFE', 'SESSION_MAX_LIFETIME'],
    ['PASSWORD_MIN_LEN', 'PASSWORD_MIN_LENGTH'],
    ['EMAIL_VERIFCATION', 'EMAIL_VERIFICATION'],
    ['TRUSTED_ORIGIN', 'TRUSTED_ORIGINS'],
    ['SECRET_KEY_', 'SECRET_KEY'],
    ['DATABASE_POOLSIZE', 'DATABASE_POOL_SIZE'],
    ['PATH_PREFIXES', 'PATH_PREFIX'],
    ['LETTERS_DIR', 'EMAIL_TEMPLATES_DIR'],
    // Of no prefix: two edits at most.
    ['WEB_CONCURENCY', 'WEB_CONCURRENCY'],
    ['SHUT_DOWN_TIMEOUTS', 'SHUTDOWN_TIMEOUT'],
    ['BREACHED_PASSWORD', 'BREACHED_PASSWORDS'],
    ['DIALECTS', 'DIALECT'],
    ['CORS_ALLOWED_ORIGINS', 'CORS_ALLOWED_HEADERS'],
  ])('%s: did you mean %s?', (name, meant) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name}: is not a setting, did you mean ${meant}?`]);
  });

  test.each(
    ['frontend', 'mail', 'smtp', 'docs', 'cookie-jar', 'session-store', 'refresh-worker', 'database']
      .concat(['database-pool', 'limit', 'secret-key', 'trusted', 'host', 'port', 'metrics', 'redis-master'])
      .map((service) => service.toUpperCase().replaceAll('-', '_')),
  )('of a Kubernetes service %s are not errors', (service) => {
    const links = {
      [`${service}_SERVICE_HOST`]: '10.96.12.7',
      [`${service}_SERVICE_PORT`]: '80',
      [`${service}_SERVICE_PORT_HTTP`]: '80',
      [`${service}_SERVICE_PORT_HTTP_METRICS`]: '9090',
      [`${service}_PORT`]: 'tcp://10.96.12.7:80',
      [`${service}_PORT_80_TCP`]: 'tcp://10.96.12.7:80',
      [`${service}_PORT_80_TCP_PROTO`]: 'tcp',
      [`${service}_PORT_80_TCP_PORT`]: '80',
      [`${service}_PORT_80_TCP_ADDR`]: '10.96.12.7',
      [`${service}_PORT_53_UDP`]: 'udp://10.96.12.7:53',
    };
    expect(readEnvironment(links)).toEqual(readEnvironment({}));
    const inProduction = { NODE_ENV: 'production', SECRET_KEY: 'x'.repeat(32), DATABASE: 'embedded' };
    expect(readEnvironment({ ...inProduction, ...links })).toEqual(readEnvironment(inProduction));
  });

  test('of settings that begin like a service are still errors', () => {
    expect(problemsOf({ MAIL_PORT: '25' })).toEqual([expect.stringMatching(/^MAIL_PORT: is not a setting/)]);
    expect(problemsOf({ PORT: 'tcp://10.96.12.7:80' })).toEqual([expect.stringMatching(/^PORT: must/)]);
  });

  test.each([
    ...['DATABASE_URI', 'DATABASE_URI_FILE', 'DATABASE_DSN', 'DATABASE_HOST', 'DATABSE_URL', 'DATABASE_UR'],
    ...['DATABASE_PRIVATE_URL', 'DATABASE_CONNECTION_STRING', 'DATABASEURL'],
  ])('%s is an error if there is no DATABASE_URL', (name) => {
    const problem = `${name}: is not a setting, did you mean DATABASE_URL?`;
    expect(problemsOf({ [name]: 'postgres://db/app' })).toEqual([problem]);
    expect(() => readOperatorEnvironment({ [name]: 'postgres://db/app' })).toThrow(problem);
    const beside = { [name]: 'x', DATABASE_URL: 'postgres://db/app', SECRET_KEY: 'x'.repeat(32) };
    expect(problemsOf(beside)).toEqual([]);
    expect(problemsOf({ [name]: 'x', DATABASE: 'embedded' })).toEqual([]);
  });

  test.each(['POSTGRES_URL', 'POSTGRES_URI', 'PG_URL', 'PGHOST', 'DB_URL', 'POSTGRESQL_URL', 'DB_DSN'])(
    '%s alone is no database in production',
    (name) => {
      const inProduction = {
        NODE_ENV: 'production',
        SECRET_KEY: 'x'.repeat(32),
        [name]: 'postgres://db/app',
      };
      const problem = `${name}: is not a setting, did you mean DATABASE_URL?`;
      expect(problemsOf(inProduction)).toEqual([problem]);
      expect(() => readOperatorEnvironment(inProduction)).toThrow(problem);
      expect(problemsOf({ [name]: 'postgres://db/app' })).toEqual([]);
    },
  );

  test('a byte order mark before the first one is ignored', () => {
    expect(readEnvironment({ '\uFEFFPORT': '8080' }).port).toBe(8080);
    expect(problemsOf({ '\uFEFFCOOKIE_NAM': 'x' })).toEqual([expect.stringMatching(/^COOKIE_NAM: is not/)]);
  });

  test.each([
    // A desktop's, a shell's and a platform's own.
    ['SESSION_MANAGER', 'local/host:@/tmp/.ICE-unix/1,unix/host:/tmp/.ICE-unix/1'],
    ['PASSWORD_STORE_DIR', '/home/ada/.password-store'],
    ['PASSWORD_STORE_CLIP_TIME', '30'],
    ['EMAIL', 'ada@example.com'],
    ['MAILDIR', '/var/mail/ada'],
    // Two edits from HOST, SITE_NAME and SMTP_URL.
    ['HOME', '/home/ada'],
    ['FILE_NAME', 'report.csv'],
    ['HTTP_URL', 'http://localhost'],
    ['XDG_SESSION_ID', '2'],
    ['npm_config_registry', 'https://registry.example'],
    ['SESSION_TTL', ''],
  ])('%s is not an error', (name, value) => {
    expect(readEnvironment({ [name]: value })).toEqual(readEnvironment({}));
  });
});

/** `POST /login`: a provider with this name would have the same path in the Django dialects. */
const routesTaken = (): string[] =>
  ROUTES.flatMap(({ route }) => /^POST \/([a-z][a-z0-9-]*)$/.exec(route)?.[1] ?? []);

describe('providers', () => {
  const CORP = {
    CORP_ISSUER: 'https://login.corp.example',
    CORP_CLIENT_ID: 'tokenjar',
    CORP_CLIENT_SECRET: 'x',
  };

  test('have settings that begin with their name', () => {
    const { providers } = readEnvironment({
      PROVIDERS: ' google, my-company',
      GOOGLE_CLIENT_ID: 'g',
      GOOGLE_CLIENT_SECRET: 's',
      MY_COMPANY_CLIENT_ID: 'c',
      MY_COMPANY_ISSUER: 'https://login.example/tenant/',
      MY_COMPANY_AUTH_METHOD: 'none',
      MY_COMPANY_NAME: 'My Company',
      MY_COMPANY_SCOPES: 'openid email',
    });
    expect(providers).toEqual([
      { id: 'google', clientId: 'g', clientSecret: 's' },
      {
        id: 'my-company',
        clientId: 'c',
        issuer: 'https://login.example/tenant/',
        authMethod: 'none',
        name: 'My Company',
        scopes: 'openid email',
      },
    ]);
  });

  test.each<[string, Record<string, string>, RegExp[]]>([
    [
      'one that lacks settings',
      { PROVIDERS: 'google,corp', GOOGLE_CLIENT_ID: 'g', CORP_CLIENT_ID: 'c', CORP_CLIENT_SECRET: '' },
      [/^GOOGLE_CLIENT_SECRET: is required/, /^CORP_CLIENT_SECRET: is required/, /^CORP_ISSUER: is required/],
    ],
    ['one twice', { ...CORP, PROVIDERS: 'corp,corp' }, [/^PROVIDERS: must not contain one twice/]],
    ['no name', { PROVIDERS: 'Google' }, [/^PROVIDERS: must be names/]],
    [
      'a name that another setting has',
      { PROVIDERS: 'site', SITE_CLIENT_ID: 'x', SITE_CLIENT_SECRET: 'x', SITE_ISSUER: 'https://a.example' },
      [/^PROVIDERS: site needs another name, because SITE_NAME/],
    ],
    ...['corp', 'ftp://corp.example', 'https://corp.example?a=b', 'https://a@corp.example'].map(
      (issuer): [string, Record<string, string>, RegExp[]] => [
        `the issuer ${issuer}`,
        { ...CORP, PROVIDERS: 'corp', CORP_ISSUER: issuer },
        [/^CORP_ISSUER: must be an address/],
      ],
    ),
    ...routesTaken().map((id): [string, Record<string, string>, RegExp[]] => [
      `the ID ${id}, which is a path of ours,`,
      {
        PROVIDERS: id,
        ...Object.fromEntries(
          Object.entries(CORP).map(([name, value]) => [name.replace('CORP', id.toUpperCase()), value]),
        ),
      },
      [/^PROVIDERS: must not be /],
    ]),
    ...['login', 'https://app.example/#login', 'javascript:alert(1)'].map(
      (page): [string, Record<string, string>, RegExp[]] => [
        `the page ${page}`,
        { ...CORP, PROVIDERS: 'corp', CORP_CALLBACK_URL: page },
        [/^CORP_CALLBACK_URL: must be an address/],
      ],
    ),
    [
      'one page for two providers',
      {
        ...CORP,
        PROVIDERS: 'corp,google',
        CORP_CALLBACK_URL: 'https://app.example/login',
        GOOGLE_CLIENT_ID: 'g',
        GOOGLE_CLIENT_SECRET: 's',
        GOOGLE_CALLBACK_URL: 'https://app.example/login',
      },
      [/^GOOGLE_CALLBACK_URL: each provider needs a page of its own/],
    ],
    [
      'an issuer over http',
      { ...CORP, PROVIDERS: 'corp', CORP_ISSUER: 'http://login.corp.example' },
      [/^CORP_ISSUER: must begin with https:\/\/, except on this machine/],
    ],
    [
      'an issuer on this machine in production',
      {
        ...CORP,
        PROVIDERS: 'corp',
        CORP_ISSUER: 'http://localhost:4000',
        NODE_ENV: 'production',
        DATABASE: 'embedded',
        SECRET_KEY: 'x'.repeat(32),
      },
      [/^CORP_ISSUER: must begin with https:\/\/ in production/],
    ],
  ])('%s stops the start', (_name, environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems.map((each) => expect.stringMatching(each)));
  });

  test('may be on this machine for trials', () => {
    const { providers } = readEnvironment({
      ...CORP,
      PROVIDERS: 'corp',
      CORP_ISSUER: 'http://127.0.0.1:4000',
    });
    expect(providers[0]?.issuer).toBe('http://127.0.0.1:4000');
  });

  test('a variable that begins like a setting of ours is no mistake if it is of a provider', () => {
    const { providers } = readEnvironment({
      PROVIDERS: 'email-co',
      EMAIL_CO_CLIENT_ID: 'a',
      EMAIL_CO_CLIENT_SECRET: 'b',
      EMAIL_CO_ISSUER: 'https://email.example',
    });
    expect(providers[0]?.id).toBe('email-co');
  });
});

describe('secrets in files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tokenjar-secrets-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const file = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  const key = 'x'.repeat(40);

  test('are every secret that there is', () => {
    expect([...SECRET_NAMES].sort()).toEqual([
      ...['DATABASE_URL', 'DEVISE_PEPPER', 'DJANGO_SECRET_KEY', 'SECRET_KEY', 'SECRET_KEY_FALLBACKS'],
      ...['SIGNING_KEY', 'SMTP_URL'],
    ]);
    expect(secretNamesOf('my-corp')).toEqual(['MY_CORP_CLIENT_SECRET', 'MY_CORP_PRIVATE_KEY']);
    // A new setting that sounds like one has to say so.
    const sounds = Object.keys(optionsSchema.shape)
      .map(environmentName)
      .filter((name) => /SECRET|SIGNING_KEY|PASSWORD$|PEPPER|SMTP|DATABASE_URL/.test(name));
    expect(SECRET_NAMES).toEqual(expect.arrayContaining(sounds));
  });

  test('each is read, without the line break at its end', () => {
    for (const name of SECRET_NAMES) {
      const value = { DATABASE_URL: 'postgres://db/app', SMTP_URL: 'smtp://mail' }[name] ?? key;
      const rest = { SECRET_KEY: key };
      const inFile = { ...rest, [`${name}_FILE`]: file(name, `${value}\r\n`) };
      if (name === 'SECRET_KEY') delete (inFile as Record<string, string>).SECRET_KEY;
      expect(readEnvironment(inFile)).toEqual(readEnvironment({ ...rest, [name]: value }));
    }
    expect(
      readEnvironment({
        PROVIDERS: 'google',
        GOOGLE_CLIENT_ID: 'g',
        GOOGLE_CLIENT_SECRET_FILE: file('google', 's\n'),
      }).providers,
    ).toEqual([{ id: 'google', clientId: 'g', clientSecret: 's' }]);
  });

  test.each<[string, () => Record<string, string>, RegExp]>([
    [
      'both given',
      () => ({ SECRET_KEY: key, SECRET_KEY_FILE: file('k', key) }),
      /: conflicts with SECRET_KEY/,
    ],
    [
      'no such file',
      () => ({ SECRET_KEY_FILE: '/nowhere/hunter2' }),
      /: the file cannot be read \(ENOENT\)$/,
    ],
    ['a directory', () => ({ SECRET_KEY_FILE: directory }), /: the file cannot be read \(EISDIR\)$/],
    ['an empty file', () => ({ SECRET_KEY_FILE: file('e', '\n') }), /: the file is empty$/],
    ['a large file', () => ({ SECRET_KEY_FILE: file('l', 'x'.repeat(65_537)) }), /: is larger than 64 KiB/],
    ['a file without an end', () => ({ SECRET_KEY_FILE: '/dev/zero' }), /: is larger than 64 KiB/],
  ])('%s is one clear line', (_, environment, problem) => {
    const given = environment();
    const line = expect.stringMatching(new RegExp(`^SECRET_KEY_FILE${problem.source}`));
    expect(problemsOf(given)).toEqual([line]);
    expect(problemsOf({ ...given, NODE_ENV: 'production', DATABASE: 'embedded' })).toEqual([line]);
    expect(() => readSecretEnvironment(given)).toThrow(problem);
  });

  test('one that cannot be read is said once, also of a database and a provider', () => {
    expect(problemsOf({ NODE_ENV: 'production', SECRET_KEY: key, DATABASE_URL_FILE: '/nowhere' })).toEqual([
      'DATABASE_URL_FILE: the file cannot be read (ENOENT)',
    ]);
    expect(() => readOperatorEnvironment({ DATABASE_URL_FILE: '/nowhere' })).toThrow(/^DATABASE_URL_FILE: /);
    expect(
      problemsOf({ PROVIDERS: 'google', GOOGLE_CLIENT_ID: 'g', GOOGLE_CLIENT_SECRET_FILE: '/nowhere' }),
    ).toEqual(['GOOGLE_CLIENT_SECRET_FILE: the file cannot be read (ENOENT)']);
  });

  test('an empty variable counts as unset, and other settings have no such variable', () => {
    expect(readEnvironment({ SECRET_KEY_FILE: ' ', SMTP_URL_FILE: '' })).toEqual(readEnvironment({}));
    expect(problemsOf({ COOKIE_NAME_FILE: file('c', 'x') })).toEqual([
      expect.stringMatching(/^COOKIE_NAME_FILE: is not a setting/),
    ]);
    // A command that needs no secret reads none.
    expect(readOperatorEnvironment({ SECRET_KEY_FILE: '/nowhere' }).migrate).toBe('auto');
  });

  test('the source of every setting is known', () => {
    const given = { SECRET_KEY_FILE: file('s', key), PORT: '8080', ISSUER: '', COOKIE_NAME: '' };
    const from = Object.fromEntries(sourcesOf(given).map((each) => [each.name, each.from]));
    expect(from).toMatchObject({
      SECRET_KEY: 'file',
      PORT: 'environment',
      ISSUER: 'environment',
      COOKIE_NAME: 'default',
    });
  });
});

test('what would stop a start is reported beside the settings that can be read', () => {
  const { options, problems } = readLeniently({ PORT: 'x', COOKIE_NAM: 'y', REFRESH_GRACE: '45s' });
  expect(problems.map((line) => line.split(':')[0])).toEqual(['COOKIE_NAM', 'PORT']);
  expect(options).toMatchObject({ port: 3000, refreshGrace: 45 });
  expect(readLeniently({ NODE_ENV: 'production' }).options.production).toBe(true);
});

describe('an operator command', () => {
  test('needs no secret and few settings of the server', () => {
    const url = 'postgres://localhost/app';
    expect(() => readOperatorEnvironment({ NODE_ENV: 'production' })).toThrow(/^DATABASE_URL: is required/);
    expect(
      readOperatorEnvironment({
        NODE_ENV: 'production',
        DATABASE_URL: url,
        PORT: 'x',
        COOKIE_SAMESITE: 'none',
      }),
    ).toMatchObject({ databaseUrl: url, databasePoolSize: 10, dataDir: './data', migrate: 'auto' });
  });

  test('reports invalid settings', () => {
    expect(() => readOperatorEnvironment({ DATABASE_URL: 'mysql://localhost' })).toThrow(
      /^DATABASE_URL: must/,
    );
  });
});
