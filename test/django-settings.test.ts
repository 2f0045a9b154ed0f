import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DJANGO_SETTINGS } from '../scripts/django-settings.mjs';
import { environmentName } from '../src/config/check.js';
import { DIALECT_DEFAULTS } from '../src/config/dialect-defaults.js';
import { optionsSchema } from '../src/config/options.js';
import { ROOT } from './support/server-process.js';

/** **Source** the settings modules of simplejwt 5.5, dj-rest-auth 7.1 and djangorestframework-jwt 1.11 and 1.17. */
const KEYS = {
  SIMPLE_JWT: `ACCESS_TOKEN_LIFETIME REFRESH_TOKEN_LIFETIME ROTATE_REFRESH_TOKENS BLACKLIST_AFTER_ROTATION
    UPDATE_LAST_LOGIN ALGORITHM SIGNING_KEY VERIFYING_KEY AUDIENCE ISSUER JSON_ENCODER JWK_URL LEEWAY
    AUTH_HEADER_TYPES AUTH_HEADER_NAME USER_ID_FIELD USER_ID_CLAIM USER_AUTHENTICATION_RULE ON_LOGIN_SUCCESS
    ON_LOGIN_FAILED AUTH_TOKEN_CLASSES TOKEN_TYPE_CLAIM JTI_CLAIM TOKEN_USER_CLASS
    SLIDING_TOKEN_REFRESH_EXP_CLAIM SLIDING_TOKEN_LIFETIME SLIDING_TOKEN_REFRESH_LIFETIME
    TOKEN_OBTAIN_SERIALIZER TOKEN_REFRESH_SERIALIZER TOKEN_VERIFY_SERIALIZER TOKEN_BLACKLIST_SERIALIZER
    SLIDING_TOKEN_OBTAIN_SERIALIZER SLIDING_TOKEN_REFRESH_SERIALIZER CHECK_REVOKE_TOKEN REVOKE_TOKEN_CLAIM
    CHECK_USER_IS_ACTIVE AUTH_HEADER_TYPE AUTH_TOKEN_CLASS SECRET_KEY TOKEN_BACKEND_CLASS`,
  REST_AUTH: `LOGIN_SERIALIZER TOKEN_SERIALIZER JWT_SERIALIZER JWT_SERIALIZER_WITH_EXPIRATION
    JWT_TOKEN_CLAIMS_SERIALIZER USER_DETAILS_SERIALIZER PASSWORD_RESET_SERIALIZER
    PASSWORD_RESET_CONFIRM_SERIALIZER PASSWORD_CHANGE_SERIALIZER REGISTER_SERIALIZER
    REGISTER_PERMISSION_CLASSES TOKEN_MODEL TOKEN_CREATOR PASSWORD_RESET_USE_SITES_DOMAIN
    OLD_PASSWORD_FIELD_ENABLED LOGOUT_ON_PASSWORD_CHANGE SESSION_LOGIN USE_JWT JWT_AUTH_COOKIE
    JWT_AUTH_REFRESH_COOKIE JWT_AUTH_REFRESH_COOKIE_PATH JWT_AUTH_SECURE JWT_AUTH_HTTPONLY JWT_AUTH_SAMESITE
    JWT_AUTH_COOKIE_DOMAIN JWT_AUTH_RETURN_EXPIRATION JWT_AUTH_COOKIE_USE_CSRF
    JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED MFA_VERIFY_SERIALIZER MFA_TOTP_ACTIVATE_INIT_SERIALIZER
    MFA_TOTP_ACTIVATE_CONFIRM_SERIALIZER MFA_TOTP_DEACTIVATE_SERIALIZER MFA_STATUS_SERIALIZER
    MFA_RECOVERY_CODES_SERIALIZER MFA_EPHEMERAL_TOKEN_TIMEOUT MFA_TOTP_DIGITS MFA_TOTP_PERIOD MFA_TOTP_ISSUER
    MFA_RECOVERY_CODE_COUNT PASSKEY_RP_ID PASSKEY_RP_NAME PASSKEY_RP_ORIGINS PASSKEY_CHALLENGE_TIMEOUT`,
  JWT_AUTH: `JWT_SECRET_KEY JWT_GET_USER_SECRET_KEY JWT_PRIVATE_KEY JWT_PUBLIC_KEY JWT_ALGORITHM
    JWT_INSIST_ON_KID JWT_TOKEN_ID JWT_AUDIENCE JWT_ISSUER JWT_ENCODE_HANDLER JWT_DECODE_HANDLER
    JWT_PAYLOAD_HANDLER JWT_PAYLOAD_GET_USERNAME_HANDLER JWT_PAYLOAD_GET_USER_ID_HANDLER
    JWT_RESPONSE_PAYLOAD_HANDLER JWT_PAYLOAD_INCLUDE_USER_ID JWT_VERIFY JWT_VERIFY_EXPIRATION JWT_LEEWAY
    JWT_EXPIRATION_DELTA JWT_ALLOW_REFRESH JWT_REFRESH_EXPIRATION_DELTA JWT_AUTH_HEADER_PREFIX JWT_AUTH_COOKIE
    JWT_AUTH_COOKIE_DOMAIN JWT_AUTH_COOKIE_PATH JWT_AUTH_COOKIE_SECURE JWT_AUTH_COOKIE_SAMESITE
    JWT_IMPERSONATION_COOKIE JWT_DELETE_STALE_BLACKLISTED_TOKENS`,
};

const DICTIONARIES = Object.keys(KEYS) as (keyof typeof KEYS)[];
const SCHEMAS = new Map(
  Object.entries(optionsSchema.shape).map(([option, schema]) => [environmentName(option), schema]),
);
const settings = await readFile(join(ROOT, 'docs/settings.md'), 'utf8');

describe.each(DICTIONARIES)('%s', (dictionary) => {
  const rows = DJANGO_SETTINGS[dictionary];

  test('every key has a row, and there are no others', () => {
    expect(rows.map(({ key }) => key).sort()).toEqual(KEYS[dictionary].split(/\s+/).sort());
    const section = settings.split(`\n### ${dictionary}\n`)[1]?.split('\n### ')[0] ?? '';
    for (const { key, outcome } of rows)
      expect(section).toMatch(new RegExp(`^\\| \`${key}\` \\| .* \\| ${outcome} \\|`, 'm'));
  });

  test('a kept key has the same name, a renamed one another, and a gone one a reason', () => {
    for (const { key, outcome, ours, note } of rows) {
      const names = ours.map(nameOf);
      if (outcome === 'kept') expect([key, names]).toEqual([key, expect.arrayContaining([key])]);
      else if (outcome === 'renamed')
        expect([key, names.length > 0, names.includes(key)]).toEqual([key, true, false]);
      else if (outcome === 'adapted') expect([key, note || ours.length > 0]).not.toEqual([key, false]);
      else expect([key, outcome, note || UNEXPLAINED.has(key)]).not.toEqual([key, 'gone', false]);
    }
  });
});

/** Hooks and internals of theirs, of which there is nothing to say. */
const UNEXPLAINED = new Set(['ON_LOGIN_FAILED', 'TOKEN_BACKEND_CLASS']);
const nameOf = (setting: string): string => setting.split('=')[0] ?? '';

test('every referenced setting exists and accepts the value', () => {
  for (const { key, ours } of Object.values(DJANGO_SETTINGS).flat())
    for (const setting of ours) {
      const [name = '', value] = setting.split('=');
      const schema = SCHEMAS.get(name);
      expect([key, name, schema]).toEqual([key, name, expect.anything()]);
      if (value !== undefined)
        expect([key, setting, schema?.safeParse(value).success]).toEqual([key, setting, true]);
      expect(settings).toContain(`\n### ${name}\n`);
    }
});

test('settings and keys refer to each other', () => {
  const there = new Map<string, Set<string>>();
  for (const [dictionary, rows] of Object.entries(DJANGO_SETTINGS))
    for (const { key, ours } of rows.filter(({ outcome }) => outcome !== 'gone'))
      for (const setting of ours) {
        const full = dictionary === 'Django' ? key : `${dictionary}.${key}`;
        there.set(nameOf(setting), (there.get(nameOf(setting)) ?? new Set()).add(full));
      }
  for (const [name, schema] of SCHEMAS) {
    const { answersTo = '' } = (schema.meta() ?? {}) as { answersTo?: string };
    expect([name, answersTo.split(', ').filter(Boolean).sort()]).toEqual([
      name,
      [...(there.get(name) ?? [])].sort(),
    ]);
  }
});

test('every default of a dialect has a row', () => {
  const section = settings.split('\n## Defaults of the dialects\n')[1]?.split('\n## ')[0] ?? '';
  for (const [dialect, defaults] of Object.entries(DIALECT_DEFAULTS))
    for (const option of Object.keys(defaults)) {
      expect(section).toContain(`\`${dialect}\``);
      expect(section).toContain(`| [\`${environmentName(option)}\`]`);
    }
});
