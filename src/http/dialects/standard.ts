import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { ERRORS } from '../../errors.js';
import { DJANGO_PASSKEY_ROUTES } from '../passkey-operations.js';
import { passwordField, passwordIfAny, textField } from '../fields.js';
import { type Dialect, type Problem, FORM_TYPE, inSnakeCase, JSON_TYPE, refreshedWith } from './dialect.js';
import {
  finished,
  orPending,
  pendingFields,
  pendingRegistration,
  secondFactorForm,
  showPendingFields,
} from './pending.js';
import { adminOperations } from './standard-admin.js';
import { loginCodeOperations } from './login-code.js';
import {
  accountNameFor,
  credentials,
  credentialsFor,
  newAccountFor,
  profile,
  profileFor,
} from './standard-names.js';
import { emailOperations, registered } from './standard-emails.js';
import { factorOperations } from './standard-factors.js';
import { invitationOperations } from './standard-invitations.js';
import { passkeyLoginForm, passkeyOperations } from './standard-passkeys.js';
import { keyOperations } from './standard-keys.js';
import { providerOperations } from './standard-providers.js';
import { sessionOperations } from './standard-sessions.js';
import {
  showTokens,
  showTokensAndCodes,
  showTokensAndUser,
  showUser,
  tokens,
  tokensAndCodes,
  tokensAndUser,
  user,
} from './standard-tokens.js';
import { challengeWith, reauthenticationForm, showStepUp, stepUpFields } from './step-up.js';

const PASSWORD = 'marble cactus orbit lantern';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl';

/** Clients of dj-rest-auth send an empty one. */
const tokenText = z
  .string('This field must be a string.')
  .max(8192, 'This field must have at most 8192 characters.');
const refreshTokenInBody = z
  .object({ refresh_token: tokenText.optional(), refresh: tokenText.optional() })
  .transform((body) => ({ refreshToken: (body.refresh_token ?? body.refresh) || undefined }))
  .meta({
    id: 'RefreshToken',
    description: 'Only for clients without cookies.',
    examples: [{}, { refresh_token: TOKEN }],
  });
const passwordChange = z
  .object({ old_password: passwordField, new_password: passwordField })
  .transform((body) => ({ oldPassword: body.old_password, newPassword: body.new_password }))
  .meta({
    id: 'PasswordChange',
    examples: [{ old_password: PASSWORD, new_password: 'a rather different set of words' }],
  });

const verified = z
  .object({ token_type: z.enum(['access', 'refresh']), expires_at: z.iso.datetime() })
  .meta({ id: 'VerifiedToken' });
const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'A sentence for humans. It may change.' }),
    code: z.string().meta({ description: 'Stable: branch on this.' }),
    errors: z.record(z.string(), z.array(z.string())).optional(),
    ...z.object({ ...pendingFields, ...stepUpFields }).partial().shape,
  })
  .meta({
    id: 'Problem',
    description: 'RFC 9457 problem details.',
    examples: [
      {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: ERRORS.token_expired.detail,
        code: 'token_expired',
      },
    ],
  });

const registration = {
  takes: credentials,
  takesFor: newAccountFor,
  status: 201,
  ...registered(
    'An email with a link to verify the address is on its way.',
    orPending(
      { shape: tokensAndUser, show: showTokensAndUser },
      {
        shape: pendingRegistration,
        show: (result, options): z.infer<typeof pendingRegistration> => ({
          code: result.needs,
          ...showPendingFields(result, options),
        }),
      },
    ),
  ),
  description: 'As for a login; if the address has to be verified first, a sentence and no tokens.',
};

const deletion = {
  takes: z
    .object({ password: passwordIfAny })
    .meta({ id: 'AccountDeletion', examples: [{ password: PASSWORD }] }),
  status: 204,
  description: 'The account is deleted.',
};

const codeOperations = loginCodeOperations(
  'login_token',
  ({ refreshTokenIn }) => refreshTokenIn !== 'cookie',
  'Only with `REFRESH_TOKEN_IN=body` or `both`.',
);

/** Our own dialect: OAuth's names for tokens, problem details (RFC 9457) with a stable `code` for errors. */
export const standard: Dialect = {
  operations: {
    login: {
      takes: credentials,
      takesFor: credentialsFor,
      status: 200,
      shape: tokensAndUser,
      gives: finished(showTokensAndUser),
      description: 'The access token and the user; the refresh token is in the cookie.',
    },
    verifySecondFactor: {
      takes: secondFactorForm,
      status: 200,
      shape: tokensAndCodes,
      gives: finished(showTokensAndCodes),
      description: 'As a login.',
    },
    logout: {
      takes: refreshTokenInBody,
      status: 204,
      description: 'Signed out, also if there was no session.',
    },
    obtainToken: {
      takes: credentials,
      takesFor: credentialsFor,
      status: 200,
      shape: tokens,
      gives: finished(showTokens),
      description: 'The access token; the refresh token is in the cookie.',
    },
    refreshToken: {
      takes: refreshTokenInBody,
      ...refreshedWith(tokensAndUser, showTokensAndUser),
      description: 'A new access token; the cookie is set if the refresh token changed.',
    },
    verifyToken: {
      takes: z.object({ token: textField(8192) }).meta({ id: 'TokenToVerify', examples: [{ token: TOKEN }] }),
      status: 200,
      shape: verified,
      gives: ({ tokenType, expiresAt }) => ({ token_type: tokenType, expires_at: expiresAt.toISOString() }),
      description: 'The token is valid: its type and expiry.',
    },
    blacklistToken: {
      takes: refreshTokenInBody,
      status: 204,
      description: 'The session has ended; the cookie is cleared if it belongs to it.',
    },
    ...sessionOperations,
    ...factorOperations,
    ...passkeyOperations,
    ...{ ...providerOperations, ...keyOperations },
    ...adminOperations,
    passkeyLogin: {
      takes: passkeyLoginForm,
      status: 200,
      shape: tokensAndUser,
      gives: finished(showTokensAndUser),
      description: 'As a login. User verification counts as both factors.',
    },
    register: registration,
    ...invitationOperations,
    ...emailOperations,
    resetPassword: { ...emailOperations.resetPassword, takesFor: accountNameFor },
    getUser: { status: 200, shape: user, gives: showUser, description: 'Your account.' },
    updateUser: {
      takes: profile,
      takesFor: profileFor,
      status: 200,
      shape: user,
      gives: showUser,
      description: 'Your updated account.',
    },
    deleteUser: deletion,
    ...codeOperations,
    confirmLoginCode: {
      ...codeOperations.confirmLoginCode,
      shape: tokensAndUser,
      gives: finished(showTokensAndUser),
    },
    reauthenticate: {
      takes: reauthenticationForm,
      status: 200,
      shape: tokens,
      gives: showTokens,
      description: 'A new access token, whose `auth_time` is now.',
    },
    changePassword: {
      takes: passwordChange,
      status: 200,
      shape: tokens,
      gives: showTokens,
      description: 'New tokens for this session.',
    },
  },

  word: ({ status, detail, errors, pending, ...problem }, { options }) => ({
    status,
    contentType: 'application/problem+json',
    body: {
      type: 'about:blank',
      title: STATUS_CODES[status],
      status,
      detail,
      code: problem.code,
      ...(errors && { errors }),
      ...(pending && showPendingFields(pending, options)),
      ...(problem.stepUp && showStepUp(problem.stepUp)),
    },
    challenge: challengeFor(problem, options.authHeaderTypes[0] ?? 'Bearer'),
  }),
  fieldName: inSnakeCase,
  bodyTypes: [JSON_TYPE, FORM_TYPE],
  introduction:
    'Errors are `application/problem+json` (RFC 9457). Branch on `code`, which never changes; the sentence may improve.',
  problemShape: problem,
  lacks: ['replaceUser', 'verifyMfa', ...DJANGO_PASSKEY_ROUTES],
};

/** **Source** RFC 6750 §3: without an error code if no token was sent. */
const challengeFor = (problem: Pick<Problem, 'code' | 'stepUp' | 'scope'>, scheme: string): string =>
  /^(token_|user_)/.test(problem.code) ? `${scheme} error="invalid_token"` : challengeWith(scheme, problem);
