import { PENDING } from './operation-errors.js';
import { fixed, operation } from './operation-row.js';
import type {
  LoginOptionsInput,
  NewPasskeyInput,
  PasskeyFacts,
  PasskeyLoginInput,
  PasskeysOverview,
  PublicKeyOptions,
  SetUpPasskey,
} from './passkey-payloads.js';
import type { SignInResult } from './pending-sign-in.js';

/** The rows of {@link OPERATIONS} about passkeys. */
export const PASSKEY_OPERATIONS = {
  loginOptions: operation<LoginOptionsInput, PublicKeyOptions>(
    'POST /login/options',
    'Get the options of WebAuthn, to sign in with a passkey or to go on with a login',
    {
      tag: 'factor',
      access: 'public',
      cookie: 'sets_challenge',
      errors: ['method_not_available', 'login_expired'],
      also: { beginPasskeyLogin: 'POST /passkeys/login/begin' },
    },
  ),
  passkeyLogin: operation<PasskeyLoginInput, SignInResult>('POST /login/passkey', 'Sign in with a passkey', {
    tag: 'factor',
    access: 'public',
    cookie: 'sets',
    errors: [
      'passkey_invalid',
      ...PENDING,
      'email_not_verified',
      'invalid_scope',
      'session_limit_reached',
      'rate_limited',
    ],
    also: { completePasskeyLogin: 'POST /passkeys/login/complete' },
  }),
  passkeyOptions: operation<undefined, PublicKeyOptions>(
    'POST /factors/passkeys/options',
    'Get the options of WebAuthn, to add a passkey',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      errors: ['method_not_available', 'factor_limit_reached'],
      also: { beginPasskeyRegistration: 'POST /passkeys/register/begin' },
    },
  ),
  addPasskey: operation<NewPasskeyInput, SetUpPasskey>('POST /factors/passkeys', 'Add a passkey', {
    tag: 'factor',
    access: 'access_token',
    fresh: 'always',
    errors: ['passkey_invalid', 'user_inactive'],
    statuses: { passkey_invalid: 400 },
    also: { completePasskeyRegistration: 'POST /passkeys/register/complete' },
  }),
  reauthenticationOptions: operation<LoginOptionsInput, PublicKeyOptions>(
    'POST /reauthenticate/options',
    'Get the options of WebAuthn, to authenticate again with a passkey',
    { tag: 'factor', access: 'access_token', errors: ['method_not_available', 'user_inactive'] },
  ),
  listPasskeys: operation<undefined, PasskeysOverview>(
    'GET /factors/passkeys',
    'List your passkeys, with what tells the browser which ones are accepted',
    { tag: 'factor', access: 'access_token' },
  ),
  listOwnPasskeys: operation<undefined, readonly PasskeyFacts[]>('GET /passkeys', 'List your passkeys', {
    tag: 'factor',
    access: 'access_token',
  }),
  getPasskey: operation<undefined, PasskeyFacts>('GET /passkeys/:id', 'Get a passkey', {
    tag: 'factor',
    access: 'access_token',
    params: { id: 'ID of the passkey.' },
    errors: ['factor_not_found'],
  }),
  renamePasskey: operation<{ name: string }, PasskeyFacts>('PATCH /passkeys/:id', 'Rename a passkey', {
    tag: 'factor',
    access: 'access_token',
    fresh: 'always',
    params: { id: 'ID of the passkey.' },
    errors: ['factor_not_found'],
    also: { replacePasskey: 'PUT /passkeys/:id' },
  }),
  removePasskey: operation('DELETE /passkeys/:id', 'Remove a passkey', {
    tag: 'factor',
    access: 'access_token',
    fresh: 'always',
    params: { id: 'ID of the passkey.' },
    errors: [
      'factor_not_found',
      'factor_mandatory',
      'last_sign_in_method',
      'method_not_available',
      'user_inactive',
    ],
  }),
};

/** Those of `also` above that only clients of dj-rest-auth use. */
export const DJANGO_PASSKEY_ROUTES = [
  'beginPasskeyLogin',
  'completePasskeyLogin',
  'beginPasskeyRegistration',
  'completePasskeyRegistration',
] as const;

export const FIXED_PASSKEY_OPERATIONS = {
  relatedOrigins: fixed(
    'GET /.well-known/webauthn',
    'Get the pages of other domains that can use passkeys',
    'keys',
  ),
  passkeyEndpoints: fixed(
    'GET /.well-known/passkey-endpoints',
    'Get the pages where people manage their passkeys',
    'keys',
  ),
};
