import { describe, expect, test } from '@jest/globals';
import { environmentName, parseOptions, SettingsError, warningsFor } from '../../src/config/check.js';
import type { OptionsInput } from '../../src/config/options.js';

const SECRET_KEY = 'x'.repeat(32);
const DATABASE_URL = 'postgres://localhost/app';
/** In production. */
const MEANT = { database: 'embedded' } as const;

/** The settings that are refused, by name. */
function refusedIn(input: OptionsInput): string[] {
  try {
    parseOptions(input);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems.map((line) => line.split(':')[0] ?? '');
    throw error;
  }
  return [];
}

test.each([
  ['port', 'PORT'],
  ['accessTokenLifetime', 'ACCESS_TOKEN_LIFETIME'],
  ['cookieSamesite', 'COOKIE_SAMESITE'],
  ['production', 'NODE_ENV'],
])('option %s is variable %s', (option, variable) => {
  expect(environmentName(option)).toBe(variable);
});

describe('conflicting settings', () => {
  test.each<[string, OptionsInput, string[]]>([
    ['production without a secret', { ...MEANT, production: true }, ['SECRET_KEY']],
    [
      'production with a weak secret',
      { ...MEANT, production: true, secretKey: 'x'.repeat(31) },
      ['SECRET_KEY'],
    ],
    ['production with a secret', { ...MEANT, production: true, secretKey: SECRET_KEY }, []],
    ['production without a database', { production: true, secretKey: SECRET_KEY }, ['DATABASE_URL']],
    [
      'production with a database',
      { production: true, secretKey: SECRET_KEY, databaseUrl: DATABASE_URL },
      [],
    ],
    ['two databases', { ...MEANT, secretKey: SECRET_KEY, databaseUrl: DATABASE_URL }, ['DATABASE']],
    [
      'production with a secret of 32 bytes in 16 emails',
      { ...MEANT, production: true, secretKey: 'é'.repeat(16) },
      [],
    ],
    ['a database without a secret', { databaseUrl: DATABASE_URL }, ['SECRET_KEY']],
    ['a database with a weak secret', { databaseUrl: DATABASE_URL, secretKey: 'short' }, ['SECRET_KEY']],
    ['a database with a secret', { databaseUrl: DATABASE_URL, secretKey: SECRET_KEY }, []],
    ['a trial without a secret', {}, []],
    ['a trial with a weak secret', { secretKey: 'short' }, []],

    ['SameSite=None without Secure', { cookieSamesite: 'none', cookieSecure: false }, ['COOKIE_SAMESITE']],
    ['SameSite=None with Secure left open', { cookieSamesite: 'none' }, ['COOKIE_SAMESITE']],
    ['SameSite=None with Secure', { cookieSamesite: 'none', cookieSecure: true }, []],
    ['a name with a prefix', { cookieName: '__Host-refresh' }, ['COOKIE_NAME']],
    ['a name with a prefix in small emails', { cookieName: '__secure-refresh' }, ['COOKIE_NAME']],
    ['the name of the device cookie', { cookieName: 'known_device' }, ['COOKIE_NAME']],
    ['the name of a cookie to come', { cookieName: 'Pending_Login' }, ['COOKIE_NAME']],
    ['the name of another to come', { cookieName: 'passkey_challenge' }, ['COOKIE_NAME']],
    ['the name of a third to come', { cookieName: 'trusted_device' }, ['COOKIE_NAME']],
    ['Partitioned without Secure', { cookiePartitioned: true }, ['COOKIE_PARTITIONED']],
    ['Partitioned with Secure', { cookiePartitioned: true, cookieSecure: true }, []],
    ['a cookie for the API', { cookiePath: '/auth' }, []],
    ['a cookie for the API, with a slash', { cookiePath: '/auth/' }, []],
    ['a cookie for more than the API', { cookiePath: '/api', pathPrefix: 'api/v1/auth' }, []],
    ['a cookie for half a segment', { cookiePath: '/au' }, ['COOKIE_PATH']],
    ['a cookie for a part of the API', { cookiePath: '/auth/token' }, ['COOKIE_PATH']],
    ['a cookie for something else', { cookiePath: '/api' }, ['COOKIE_PATH']],
    ['a cookie below an API at the root', { cookiePath: '/auth', pathPrefix: '' }, ['COOKIE_PATH']],
    ['an API at the root', { pathPrefix: '' }, []],

    [
      'codes by email without emails in production',
      { ...MEANT, production: true, secretKey: SECRET_KEY, emailCodeLogin: true },
      ['EMAIL_CODE_LOGIN'],
    ],
    ['a public key alone', { verifyingKey: 'key' }, ['VERIFYING_KEY']],
    [
      'a public key beside a shared secret',
      { algorithm: 'HS256', signingKey: 'key', verifyingKey: 'key' },
      ['VERIFYING_KEY'],
    ],
    ...['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'sid', 'token_type', 'roles'].map(
      (claim): [string, OptionsInput, string[]] => [
        `the user as ${claim}`,
        { userIdClaim: claim },
        ['USER_ID_CLAIM'],
      ],
    ),
    ['the user as user_id', { userIdClaim: 'user_id' }, []],
    [
      'several',
      { production: true, cookieSamesite: 'none', cookieName: '__Host-a', userIdClaim: 'exp' },
      ['SECRET_KEY', 'DATABASE_URL', 'COOKIE_SAMESITE', 'COOKIE_NAME', 'USER_ID_CLAIM'],
    ],
  ])('%s', (_, input, refused) => {
    expect(refusedIn(input)).toEqual(refused);
  });

  test('are reported to a host in one error, one line each', () => {
    expect(() => parseOptions({ port: -1, refreshGrace: 'x' })).toThrow(
      new SettingsError([
        'PORT: must be at least 0',
        'REFRESH_GRACE: must be a duration like 30s, 10m or 14d',
      ]),
    );
  });
});

describe('values supplied by a host', () => {
  test('can be durations in seconds or text, lists and flags', () => {
    const input = {
      accessTokenLifetime: 90,
      refreshGrace: '1m',
      trustedOrigins: ['http://a.example'],
      docs: false,
    };
    expect(parseOptions(input)).toMatchObject({ ...input, refreshGrace: 60 });
  });

  test.each<OptionsInput>([
    { accessTokenLifetime: Number.NaN },
    { accessTokenLifetime: Infinity },
    { refreshGrace: -1 },
    { port: 80.5 },
    { accessTokenJitter: Number.NaN },
    { trustedOrigins: ['*'] },
  ])('%j is refused', (input) => {
    expect(refusedIn(input)).toEqual([environmentName(Object.keys(input)[0] ?? '')]);
  });
});

describe('valid but risky settings are reported', () => {
  test.each<[string, OptionsInput, string[]]>([
    ['the defaults', {}, []],
    [
      'production as it should be',
      { ...MEANT, production: true, secretKey: SECRET_KEY, cookieSecure: true },
      [],
    ],
    ['a weak secret', { secretKey: 'short' }, ['SECRET_KEY']],
    ['no rotation', { rotateRefreshTokens: false, refreshGrace: 0 }, ['ROTATE_REFRESH_TOKENS']],
    ['no grace', { refreshGrace: 0 }, ['REFRESH_GRACE']],
    // 30 + 2 × 20 + 30
    ['a rotation just too early', { refreshRotateAfter: 100 }, ['REFRESH_ROTATE_AFTER']],
    ['a rotation just late enough', { refreshRotateAfter: 101 }, []],
    ['more grace', { refreshGrace: 60 }, ['REFRESH_ROTATE_AFTER']],
    ['more patience', { refreshGiveUp: 30 }, ['REFRESH_ROTATE_AFTER']],
    [
      'a cookie in the clear',
      { ...MEANT, production: true, secretKey: SECRET_KEY, cookieSecure: false },
      ['COOKIE_SECURE'],
    ],
    ['a cookie in the clear, as a trial', { cookieSecure: false }, []],
    ['no prefix', { cookiePrefix: 'none' }, ['COOKIE_PREFIX']],
    ['no prefix in the clear', { cookiePrefix: 'none', cookieSecure: false }, []],
    ['the django dialect', { dialect: 'django' }, ['COOKIE_PREFIX']],
    ['the django dialect with a prefix', { dialect: 'django', cookiePrefix: 'auto' }, []],
    [
      'codes by email where no endpoint gives them',
      { dialect: 'django-legacy', cookiePrefix: 'auto', emailCodeLogin: true },
      ['EMAIL_CODE_LOGIN'],
    ],
    ['codes by email in a trial', { emailCodeLogin: true }, []],
    [
      'Partitioned where no other site gets the cookie',
      { cookiePartitioned: true, cookieSecure: true },
      ['COOKIE_PARTITIONED'],
    ],
    [
      'Partitioned where it matters',
      { cookiePartitioned: true, cookieSecure: true, cookieSamesite: 'none' },
      [],
    ],
    ['metrics for everybody', { metricsPort: 9464, metricsHost: '0.0.0.0' }, ['METRICS_HOST']],
    ['metrics on this machine', { metricsPort: 9464 }, []],
    ['an address of metrics that nothing listens on', { metricsHost: '0.0.0.0' }, []],
    ['refresh tokens in bodies', { refreshTokenIn: 'both' }, ['REFRESH_TOKEN_IN']],
  ])('%s', (_, input, named) => {
    const warnings = warningsFor(parseOptions(input));
    expect(warnings.map((line) => /^[A-Z_]+/.exec(line)?.[0])).toEqual(named);
  });
});
