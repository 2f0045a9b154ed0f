import { refusedPasskey } from './django-passkeys.js';
import { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import type { OperationName } from '../operations.js';
import type { Dialect, Problem } from './dialect.js';
import { optionalCredentialField } from './credential-field.js';
import { booleanField, charField, djangoForm, optionalCharField } from './django-fields.js';
import { detail } from './standard-emails.js';

const KEY = 'q3mJ0wq1Zk6o2c0b6m2y9A';

/** dj-rest-auth has one field for both kinds of codes. The width of digits does not count. */
export const methodOf = (code: string | undefined): string =>
  code === undefined || /^[\d\s-]{0,11}$/.test(code.normalize('NFKC')) ? 'totp' : 'recovery_code';

const status = z
  .object({
    mfa_enabled: z.boolean(),
    created_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'MfaStatus' });
const activation = z
  .object({
    secret: z.string(),
    totp_url: z.string(),
    qr_code_data_uri: z.string().meta({ description: 'Always empty: draw `totp_url` in the page.' }),
    activation_token: z.string(),
  })
  .meta({ id: 'TotpActivation' });
const codes = z
  .object({ codes: z.array(z.string()), codes_left: z.int() })
  .meta({ id: 'RecoveryCodesLeft', description: 'Codes are only shown when they are made.' });

/** The endpoints of `dj_rest_auth.mfa`. */
export const djangoFactorOperations = {
  mfaStatus: {
    status: 200,
    shape: status,
    gives: (totp): z.infer<typeof status> => ({
      mfa_enabled: totp !== null,
      created_at: totp?.createdAt.toISOString() ?? null,
      last_used_at: totp?.lastUsedAt?.toISOString() ?? null,
    }),
    description: 'Whether there is an authenticator app.',
  },
  beginTotpActivation: {
    status: 200,
    shape: activation,
    gives: ({ secret, uri, setupId }): z.infer<typeof activation> => ({
      secret,
      totp_url: uri,
      qr_code_data_uri: '',
      activation_token: setupId,
    }),
    description: 'For an authenticator app. Nothing changes before a code of it is confirmed.',
  },
  activateTotp: {
    takes: djangoForm({ activation_token: charField, code: charField })
      .transform(({ activation_token: setupId, code }) => ({ setupId, code }))
      .meta({ id: 'TotpActivationCode', examples: [{ activation_token: KEY, code: '287082' }] }),
    status: 200,
    shape: z.object({ recovery_codes: z.array(z.string()) }).meta({ id: 'NewRecoveryCodes' }),
    gives: ({ recoveryCodes = [] }) => ({ recovery_codes: [...recoveryCodes] }),
    description: 'The authenticator app is asked for from now on. The codes are shown once.',
  },
  deactivateTotp: {
    takes: djangoForm({ code: charField }).meta({ id: 'TotpCode', examples: [{ code: '287082' }] }),
    status: 200,
    shape: detail,
    gives: () => ({ detail: 'TOTP has been deactivated.' }),
    description: 'The authenticator app is removed.',
  },
  listRecoveryCodes: {
    status: 200,
    shape: codes,
    gives: ({ left }): z.infer<typeof codes> => ({ codes: [], codes_left: left }),
    description: 'How many recovery codes are left. They rest as digests, and cannot be shown again.',
  },
  regenerateRecoveryCodes: {
    status: 200,
    shape: z.object({ codes: z.array(z.string()) }).meta({ id: 'ShownRecoveryCodes' }),
    gives: ({ recoveryCodes }) => ({ codes: [...recoveryCodes] }),
    description: 'New recovery codes. The former ones no longer work.',
  },
} satisfies Dialect['operations'];

/** The fields of `mfa/verify/`, and ours besides. */
export const secondFactorForm = djangoForm({
  method: optionalCharField,
  ephemeral_token: charField,
  code: optionalCharField,
  password: z.string().optional(),
  credential: optionalCredentialField,
  trust_device: booleanField,
})
  .transform(({ ephemeral_token: loginToken, trust_device: trustDevice, method, ...input }) => ({
    ...input,
    method: method ?? methodOf(input.code),
    loginToken,
    trustDevice,
  }))
  .meta({
    id: 'SecondFactor',
    examples: [
      { ephemeral_token: KEY, code: '287082' },
      { method: 'totp', ephemeral_token: KEY, code: '287082' },
    ],
  });

type Reworded = [status: number, body: object];

const NOT_ENABLED: Reworded = [400, { detail: 'MFA is not enabled.' }];

/** A failure about second factors in the words of `dj_rest_auth.mfa`; undefined if it has none for it. */
export function rewordFactors(
  { code, detail: sentence }: Problem,
  operation: OperationName | undefined,
): Reworded | undefined {
  switch (code satisfies ErrorCode) {
    case 'second_factor_wrong':
      return operation === 'activateTotp'
        ? [400, { code: ['Invalid code. Please check your authenticator app and try again.'] }]
        : [400, { code: ['Invalid code.'] }];
    case 'passkey_invalid':
      return [400, refusedPasskey(operation)];
    case 'login_expired':
      return [400, { ephemeral_token: ['Invalid or expired token.'] }];
    case 'method_not_available':
      return [400, { method: [sentence] }];
    case 'setup_expired':
      return operation === 'activateTotp'
        ? [400, { activation_token: ['Invalid or expired activation token.'] }]
        : [400, { detail: sentence }];
    case 'factor_exists':
      return [400, { detail: 'MFA is already enabled. Deactivate it before activating again.' }];
    case 'factor_missing':
      return NOT_ENABLED;
    case 'factor_mandatory':
    case 'last_sign_in_method':
      return [400, { detail: sentence }];
    case 'factor_not_found':
      return operation === 'deactivateTotp' ? NOT_ENABLED : [404, { detail: 'Not found.' }];
    case 'trusted_device_not_found':
    case 'factor_reset_not_found':
      return [404, { detail: 'Not found.' }];
    default:
      return undefined;
  }
}
