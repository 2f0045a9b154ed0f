import type { OptionsInput } from './options.js';

const DJANGO = {
  algorithm: 'HS256',
  tokenFormat: 'simplejwt',
  userIdClaim: 'user_id',
  issuer: '',
  accessTokenJitter: 0,
  cookieSamesite: 'lax',
  // The name is what COOKIE_NAME says, as there.
  cookiePrefix: 'none',
  clearDeadCookie: false,
  passwordMinLength: 8,
  passwordRefuseNumeric: true,
  passwordRefuseSimilar: true,
  resetPasswordLink: '/reset-password#uid={uid}&token={token}',
  renewOnPasswordChange: false,
} as const satisfies OptionsInput;

/** Settings whose default is another in a dialect. What is set wins over them. */
export const DIALECT_DEFAULTS = {
  standard: {},
  django: DJANGO,
  'django-legacy': DJANGO,
  envelope: { clearDeadCookie: false },
} as const satisfies Record<string, OptionsInput>;
