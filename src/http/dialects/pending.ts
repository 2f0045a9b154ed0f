import { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { PendingFacts } from '../../errors.js';
import { booleanField, passwordField, textField } from '../fields.js';
import { isPending, type PendingSignIn, refusalOf, type SignInResult } from '../pending-sign-in.js';
import type { TokensAndUser } from '../payloads.js';
import { optionalCredentialField } from './credential-field.js';

type Show<Result> = (result: Result, options: Options) => unknown;

/** Formats a sign-in for dialects in which a missing step is an error. */
export const finished =
  (show: Show<TokensAndUser>): Show<SignInResult> =>
  (result, options) => {
    if (isPending(result)) throw refusalOf(result);
    return show(result, options);
  };

/** A kind of success: its shape, and how it is formatted. */
export interface Shown<Result> {
  shape: z.ZodType;
  show: Show<Result>;
}

/** Formats a sign-in for dialects in which a missing step is a success of another kind. */
export const orPending = (whole: Shown<TokensAndUser>, pending: Shown<PendingSignIn>) => ({
  shape: z.union([whole.shape, pending.shape]),
  gives: (result: SignInResult, options: Options): unknown =>
    isPending(result) ? pending.show(result, options) : whole.show(result, options),
  showsPending: true as const,
});

export const pendingFields = {
  methods: z.array(z.string()),
  expires_in: z.int().meta({ description: 'How long the login waits, in seconds.' }),
  login_token: z.string().optional().meta({ description: 'Only with `REFRESH_TOKEN_IN=body` or `both`.' }),
};
export const showPendingFields = (
  { methods, expiresIn, loginToken }: PendingFacts,
  { refreshTokenIn }: Options,
): z.infer<z.ZodObject<typeof pendingFields>> => ({
  methods: [...methods],
  expires_in: expiresIn,
  ...(refreshTokenIn !== 'cookie' && loginToken !== undefined && { login_token: loginToken }),
});

/** A registration that lacks a step. */
export const pendingRegistration = z
  .object({ code: z.enum(['second_factor_required', 'second_factor_setup_required']), ...pendingFields })
  .meta({ id: 'PendingRegistration' });

/** The standard dialect's fields of a further step. Each method defines which of them it reads. */
export const secondFactorForm = z
  .object({
    method: textField(40),
    code: textField(64).optional(),
    password: passwordField.optional(),
    credential: optionalCredentialField,
    trust_device: booleanField,
    login_token: textField(512).optional(),
  })
  .transform(({ login_token: loginToken, trust_device: trustDevice, ...input }) => ({
    ...input,
    loginToken,
    trustDevice,
  }))
  .meta({ id: 'SecondFactor', examples: [{ method: 'totp', code: '287082' }] });

/** What a login lacks, as an answer rather than a refusal. */
const pendingLogin = z
  .object({
    code: z.enum(['second_factor_required', 'second_factor_setup_required']),
    methods: pendingFields.methods,
    expires_in: pendingFields.expires_in,
  })
  .meta({ id: 'PendingLogin' });

export const pendingLoginForm = {
  takes: z
    .object({ login_token: textField(512).optional() })
    .transform(({ login_token: loginToken }) => ({ loginToken }))
    .meta({ id: 'PendingLoginRequest', examples: [{}] }),
  status: 200,
  shape: pendingLogin,
  gives: ({ needs, methods, expiresIn }: PendingSignIn): z.infer<typeof pendingLogin> => ({
    code: needs,
    methods: [...methods],
    expires_in: expiresIn,
  }),
  description: 'What the login lacks, as the refusal of `POST /login` says it.',
};
