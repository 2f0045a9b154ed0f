import { operation } from './operation-row.js';
import type {
  FactorFacts,
  FactorsOverview,
  NewTotpFactor,
  RecoveryCodesFacts,
  RecoveryCodesLeft,
  SetUpFactor,
  TotpActivation,
  TotpSetupFacts,
} from './payloads.js';
import type { LoginSetupInput } from './pending-sign-in.js';

/** The rows of {@link OPERATIONS} about second factors. */
export const FACTOR_OPERATIONS = {
  setUpLoginFactor: operation<LoginSetupInput, TotpSetupFacts>(
    'POST /login/setup',
    'Begin to set up a second factor in a login that requires one',
    {
      tag: 'factor',
      access: 'public',
      cookie: 'reads_pending_login',
      errors: ['method_not_available', 'login_expired'],
    },
  ),
  listFactors: operation<undefined, FactorsOverview>(
    'GET /factors',
    'List your second factors and trusted devices',
    { tag: 'factor', access: 'access_token', allowsActor: true, errors: ['user_inactive'] },
  ),
  setUpTotp: operation<undefined, TotpSetupFacts>(
    'POST /factors/totp',
    'Begin to set up an authenticator app',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      errors: ['user_inactive', 'method_not_available', 'factor_exists'],
    },
  ),
  confirmTotp: operation<NewTotpFactor, SetUpFactor>(
    'POST /factors/totp/confirm',
    'Add an authenticator app, using a code that it shows; your other sessions end',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      errors: [
        'user_inactive',
        'method_not_available',
        'setup_expired',
        'second_factor_wrong',
        'factor_exists',
      ],
      // The access token is good: a client must not sign anybody out.
      statuses: { second_factor_wrong: 400 },
    },
  ),
  replaceRecoveryCodes: operation<undefined, RecoveryCodesFacts>(
    'POST /factors/recovery-codes',
    'Replace your recovery codes; they are shown once',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      errors: ['user_inactive', 'method_not_available', 'factor_missing'],
    },
  ),
  removeTrustedDevice: operation(
    'DELETE /factors/trusted-devices/:id',
    'Remove a trusted device, which then asks for the second factor again',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      params: { id: 'ID of the trusted device.' },
      errors: ['trusted_device_not_found'],
    },
  ),
  cancelFactorReset: operation(
    'DELETE /factors/reset',
    'Cancel the removal of your second factors that an operator has requested',
    { tag: 'factor', access: 'access_token', errors: ['user_inactive', 'factor_reset_not_found'] },
  ),
  renameFactor: operation<{ name: string }, FactorFacts>('PATCH /factors/:id', 'Rename a second factor', {
    tag: 'factor',
    access: 'access_token',
    fresh: 'always',
    params: { id: 'ID of the factor.' },
    errors: ['factor_not_found'],
  }),
  removeFactor: operation('DELETE /factors/:id', 'Remove a second factor; your other sessions end', {
    tag: 'factor',
    access: 'access_token',
    fresh: 'always',
    params: { id: 'ID of the factor.' },
    errors: [
      'user_inactive',
      'method_not_available',
      'factor_not_found',
      'factor_mandatory',
      'last_sign_in_method',
    ],
  }),
};

/** The rows about second factors that only clients of `dj_rest_auth.mfa` use. */
export const DJANGO_FACTOR_OPERATIONS = {
  mfaStatus: operation<undefined, FactorFacts | null>(
    'GET /mfa/status',
    'Get whether there is an authenticator app',
    {
      tag: 'factor',
      access: 'access_token',
    },
  ),
  beginTotpActivation: operation<undefined, TotpSetupFacts>(
    'GET /mfa/totp/activate',
    'Begin to set up an authenticator app',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      errors: ['user_inactive', 'method_not_available', 'factor_exists'],
    },
  ),
  activateTotp: operation<TotpActivation, Partial<RecoveryCodesFacts>>(
    'POST /mfa/totp/activate',
    'Add an authenticator app, using a code that it shows; your other sessions end',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      errors: [
        'user_inactive',
        'method_not_available',
        'setup_expired',
        'second_factor_wrong',
        'factor_exists',
      ],
    },
  ),
  deactivateTotp: operation<{ code: string }>(
    'POST /mfa/totp/deactivate',
    'Remove the authenticator app, using a code that it shows',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      errors: [
        'user_inactive',
        'method_not_available',
        'factor_not_found',
        'factor_mandatory',
        'second_factor_wrong',
        'rate_limited',
      ],
    },
  ),
  listRecoveryCodes: operation<undefined, RecoveryCodesLeft>(
    'GET /mfa/recovery-codes',
    'Get how many recovery codes are left',
    { tag: 'factor', access: 'access_token' },
  ),
  regenerateRecoveryCodes: operation<undefined, RecoveryCodesFacts>(
    'POST /mfa/recovery-codes/regenerate',
    'Replace your recovery codes; they are shown once',
    {
      tag: 'factor',
      access: 'access_token',
      fresh: 'always',
      errors: ['user_inactive', 'method_not_available', 'factor_missing'],
    },
  ),
};
