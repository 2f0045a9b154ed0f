import { z } from 'zod';
import { textField } from '../fields.js';
import type { FactorFacts, SetUpFactor } from '../payloads.js';
import type { Dialect } from './dialect.js';

const moment = z.iso.datetime();
const nameField = textField(100);

const factor = z
  .object({
    id: z.uuid(),
    type: z.enum(['totp', 'passkey']).meta({ description: 'More values may be added.' }),
    name: z.string().nullable(),
    created_at: moment,
    last_used_at: moment.nullable(),
  })
  .meta({ id: 'Factor' });
const showFactor = (facts: FactorFacts): z.infer<typeof factor> => ({
  id: facts.id,
  type: facts.type,
  name: facts.name,
  created_at: facts.createdAt.toISOString(),
  last_used_at: facts.lastUsedAt?.toISOString() ?? null,
});

const recoveryCodesField = z
  .array(z.string())
  .meta({ description: 'Shown once. Each can be used once in place of another second factor.' });

/** In the response to a login that has set up the first factor. */
export const codesField = {
  recovery_codes: recoveryCodesField.optional(),
};
export const showCodes = ({ recoveryCodes }: { recoveryCodes?: readonly string[] | undefined }) =>
  recoveryCodes && { recovery_codes: [...recoveryCodes] };

/** A factor that was added, of whatever type. */
export const setUpFactor = z
  .object({
    factor,
    recovery_codes: recoveryCodesField.optional().meta({ description: 'With the first factor; shown once.' }),
  })
  .meta({ id: 'NewFactor' });
export const showSetUpFactor = (result: SetUpFactor): z.infer<typeof setUpFactor> => ({
  factor: showFactor(result.factor),
  ...showCodes(result),
});

const factors = z
  .object({
    factors: z.array(factor),
    recovery_codes_left: z.int().meta({ description: 'Replace them before there are none.' }),
    has_password: z.boolean().meta({
      description: 'An account that came from a provider has none until one is set by the reset email.',
    }),
    required: z.boolean().meta({ description: 'Whether a second factor is mandatory for you.' }),
    trusted_devices: z.array(
      z.object({ id: z.uuid(), name: z.string().nullable(), created_at: moment, expires_at: moment }),
    ),
    reset_at: moment.nullable().meta({
      description:
        'When your factors, or the one of `reset_factor_id`, will be removed at the request of an operator; you can cancel it.',
    }),
    reset_factor_id: z.uuid().nullable().meta({
      description:
        'The factor whose removal was requested; null if there is no request, or it is for all of them.',
    }),
  })
  .meta({ id: 'Factors' });

const totpSetup = z
  .object({
    secret: z.string().meta({ description: 'Base32, to type into an app.' }),
    uri: z.string().meta({ description: '`otpauth://`, for a QR code.' }),
  })
  .meta({ id: 'TotpSetup' });
const totpSetupForm = {
  status: 200,
  shape: totpSetup,
  gives: ({ secret, uri }: z.infer<typeof totpSetup>) => ({ secret, uri }),
  description: 'For an authenticator app. Nothing changes before a code of it is confirmed.',
};

/** What `POST /login/setup` takes, with the secret of the login under the name that the dialect has for it. */
export const loginSetupForm = <Name extends string>(loginToken: Name) =>
  z
    .object({ method: textField(40), [loginToken]: textField(512).optional() })
    .transform((body) => {
      const { method, [loginToken]: token } = body as Record<string, string | undefined>;
      return { method: method ?? '', loginToken: token };
    })
    .meta({ id: 'LoginSetup', examples: [{ method: 'totp' }] });

/** The operations about second factors, which the django dialects have as they are. */
export const factorOperations = {
  setUpLoginFactor: { takes: loginSetupForm('login_token'), ...totpSetupForm },
  listFactors: {
    status: 200,
    shape: factors,
    gives: (result): z.infer<typeof factors> => ({
      factors: result.factors.map(showFactor),
      recovery_codes_left: result.recoveryCodesLeft,
      has_password: result.hasPassword,
      required: result.isRequired,
      trusted_devices: result.trustedDevices.map(({ id, name, createdAt, expiresAt }) => ({
        id,
        name,
        created_at: createdAt.toISOString(),
        expires_at: expiresAt.toISOString(),
      })),
      reset_at: result.resetAt?.toISOString() ?? null,
      reset_factor_id: result.resetFactorId,
    }),
    description: 'Your second factors, the oldest first, and what belongs to them.',
  },
  setUpTotp: totpSetupForm,
  confirmTotp: {
    takes: z
      .object({ code: textField(64), name: nameField.optional() })
      .meta({ id: 'TotpConfirmation', examples: [{ code: '287082', name: 'My phone' }] }),
    status: 201,
    shape: setUpFactor,
    gives: showSetUpFactor,
    description: 'The authenticator app is a second factor of yours from now on.',
  },
  replaceRecoveryCodes: {
    status: 200,
    shape: z.object({ recovery_codes: recoveryCodesField }).meta({ id: 'RecoveryCodes' }),
    gives: ({ recoveryCodes }) => ({ recovery_codes: [...recoveryCodes] }),
    description: 'Your new recovery codes. The former ones no longer work.',
  },
  renameFactor: {
    takes: z.object({ name: nameField }).meta({ id: 'FactorName', examples: [{ name: 'My phone' }] }),
    status: 200,
    shape: factor,
    gives: showFactor,
    description: 'The renamed factor.',
  },
  removeFactor: { status: 204, description: 'The factor is removed.' },
  removeTrustedDevice: { status: 204, description: 'The device is not trusted any more.' },
  cancelFactorReset: { status: 204, description: 'Your factors stay.' },
} satisfies Dialect['operations'];
