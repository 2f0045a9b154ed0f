import { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { SignedOut, TokensAndUser } from '../payloads.js';
import { type Dialect, FORM_TYPE, inSnakeCase, JSON_TYPE, MULTIPART_TYPE, refreshedWith } from './dialect.js';
import { djangoFactorOperations, secondFactorForm } from './django-factors.js';
import * as forms from './django-forms.js';
import * as names from './django-names.js';
import { showUser, user } from './django-names.js';
import { orEphemeral } from './django-pending.js';
import { djangoProblemShape, tokenText, wordDjango } from './django-problems.js';
import { adminOperations } from './standard-admin.js';
import { detail, registered } from './standard-emails.js';
import { codesField, factorOperations, loginSetupForm, showCodes } from './standard-factors.js';
import { djangoPasskeyOperations, passkeyLogin } from './django-passkeys.js';
import { djangoProviderOperations, socialLogin, socialReturn } from './django-providers.js';
import { loginCodeOperations } from './login-code.js';
import { acceptanceFor, acceptanceForm, managedInvitations } from './standard-invitations.js';
import { identityCodeAs } from './standard-providers.js';
import { keyOperations } from './standard-keys.js';
import { sessionOperations } from './standard-sessions.js';

const expirations = {
  access_expiration: z.iso.datetime().optional(),
  refresh_expiration: z.iso.datetime().optional(),
};
const showExpirations = (
  { accessExpiresAt, refreshExpiresAt }: TokensAndUser,
  { returnExpiration }: Options,
  hasRefreshToken: boolean,
) =>
  returnExpiration && {
    access_expiration: accessExpiresAt.toISOString(),
    ...(hasRefreshToken && { refresh_expiration: refreshExpiresAt.toISOString() }),
  };

const jwt = z.object({ access: z.string(), refresh: z.string(), user, ...expirations }).meta({ id: 'JWT' });
const showJwt = (result: TokensAndUser, options: Options) => ({
  access: result.accessToken,
  refresh: result.refreshToken ?? '',
  user: showUser(result.user, options),
  ...showExpirations(result, options, true),
});

const jwtAndCodes = jwt.extend(codesField).meta({ id: 'JWTAndCodes' });
const showJwtAndCodes = (result: TokensAndUser, options: Options) => ({
  ...showJwt(result, options),
  ...showCodes(result),
});

/** simplejwt's pair of tokens, which never contains the expiry. */
const pair = z.object({ access: z.string(), refresh: z.string().optional() });
const access = pair.meta({ id: 'TokenPair' });
const showAccess = ({ accessToken, refreshToken }: TokensAndUser): z.infer<typeof access> => ({
  access: accessToken,
  ...(refreshToken !== undefined && { refresh: refreshToken }),
});

const refreshed = pair.extend(expirations).meta({ id: 'RefreshedTokens' });
const showRefreshed = (result: TokensAndUser, options: Options): z.infer<typeof refreshed> => ({
  ...showAccess(result),
  ...showExpirations(result, options, result.refreshToken !== undefined),
});

/** dj-rest-auth's message in place of tokens. */
export const VERIFICATION_SENT = 'Verification e-mail sent.';
const nothing = z.object({}).meta({ id: 'Nothing' });

function showSignedOut(
  { refused, tokenProblem }: SignedOut,
  { refreshTokenIn }: Options,
): z.infer<typeof detail> {
  if (refused === undefined) return { detail: 'Successfully logged out.' };
  if (refused !== 'refresh_missing') return { detail: tokenText({ code: refused, tokenProblem }) };
  const place = refreshTokenIn === 'body' ? 'request' : 'cookie';
  return { detail: `Refresh token was not included in ${place} data.` };
}

const registration = {
  takes: forms.registration,
  takesFor: names.registrationFor,
  status: 201,
  ...registered(VERIFICATION_SENT, orEphemeral(jwt, showJwt)),
  description: 'The account was created; if its address has to be verified first, there are no tokens.',
};

const says = (sentence: string, description: string) => ({
  status: 200,
  shape: detail,
  gives: () => ({ detail: sentence }),
  description,
});
const emailOperations = {
  verifyEmail: { takes: forms.verifyEmail, ...says('ok', 'The address is verified.') },
  resendEmail: {
    takes: forms.resendEmail,
    ...says('ok', 'An email is on its way, if there is one to send.'),
  },
  changeEmail: {
    takes: forms.emailChange,
    ...says('Confirmation e-mail has been sent.', 'An email is on its way to the new address.'),
  },
  confirmEmailChange: { takes: forms.verifyEmail, ...says('ok', 'The address has been changed.') },
  resetPassword: {
    takes: forms.passwordReset,
    takesFor: names.passwordResetFor,
    ...says('Password reset e-mail has been sent.', 'An email is on its way, if the address has an account.'),
  },
  confirmPasswordReset: {
    takes: forms.passwordResetConfirm,
    ...says('Password has been reset with the new password.', 'The new password is set. Sign in with it.'),
  },
} satisfies Dialect['operations'];

const TO_GO_ON = 'For `login/code/confirm`.';
const codeOperations = loginCodeOperations('ephemeral_token', () => true, TO_GO_ON);

export const introduced = (reference: string): string =>
  [
    `This server responds ${reference}. The codes before the sentences below are those of the log and the documentation; the examples show what is sent.`,
    'As in Django REST framework, a request without a token gets 401 before its method and its body are checked.',
  ].join('\n\n');

/** The format of djangorestframework-simplejwt (under /token) and dj-rest-auth 7. */
export const django: Dialect = {
  operations: {
    login: {
      takes: forms.login,
      takesFor: names.loginFor,
      status: 200,
      ...orEphemeral(jwt, showJwt),
      description: 'Signed in.',
    },
    verifySecondFactor: {
      takes: secondFactorForm,
      status: 200,
      ...orEphemeral(jwtAndCodes, showJwtAndCodes),
      description: 'Signed in. A set-up of the first second factor returns recovery codes, once.',
    },
    logout: {
      takes: forms.logout,
      status: 200,
      // A dead or missing token is reported, although the cookie is cleared and there is nothing left to do.
      statusOf: ({ refused }) => (refused === undefined ? 200 : 401),
      shape: detail,
      gives: showSignedOut,
      description: 'Signed out.',
    },
    obtainToken: {
      takes: forms.obtain,
      takesFor: names.obtainFor,
      status: 200,
      ...orEphemeral(access, showAccess),
      description: 'Signed in.',
    },
    refreshToken: {
      takes: forms.refresh,
      ...refreshedWith(refreshed, showRefreshed),
      description: 'A new access token.',
    },
    verifyToken: {
      takes: forms.verification,
      status: 200,
      shape: nothing,
      gives: () => ({}),
      description: 'The token is valid.',
    },
    blacklistToken: {
      takes: forms.blacklisting,
      status: 200,
      shape: nothing,
      gives: () => ({}),
      description: 'The session has ended.',
    },
    ...sessionOperations,
    ...keyOperations,
    ...factorOperations,
    ...djangoFactorOperations,
    setUpLoginFactor: { ...factorOperations.setUpLoginFactor, takes: loginSetupForm('ephemeral_token') },
    ...djangoPasskeyOperations,
    passkeyLogin: {
      takes: passkeyLogin,
      status: 200,
      ...orEphemeral(jwt, showJwt),
      description: 'Signed in. User verification counts as both factors.',
    },
    ...codeOperations,
    confirmLoginCode: { ...codeOperations.confirmLoginCode, ...orEphemeral(jwt, showJwt) },
    ...djangoProviderOperations,
    ...adminOperations,
    ...managedInvitations,
    requestIdentityCode: identityCodeAs('ephemeral_token', () => true, TO_GO_ON),
    socialLogin: {
      takes: socialLogin,
      status: 200,
      ...orEphemeral(jwt, showJwt),
      description: 'Signed in.',
    },
    socialConnect: {
      takes: socialReturn,
      status: 200,
      shape: jwt,
      gives: showJwt,
      description: 'The account at the provider is linked. The session goes on.',
    },
    register: registration,
    acceptInvitation: {
      takes: acceptanceForm,
      takesFor: acceptanceFor,
      status: 200,
      ...orEphemeral(jwt, showJwt),
      description: 'Signed in.',
    },
    ...emailOperations,
    getUser: { status: 200, shape: user, gives: showUser, description: 'Your account.' },
    updateUser: {
      takes: forms.userDetails,
      takesFor: names.userDetailsFor,
      status: 200,
      shape: user,
      gives: showUser,
      description: 'Your account.',
    },
    deleteUser: { takes: forms.deletion, status: 204, description: 'The account is deleted.' },
    reauthenticate: {
      takes: forms.reauthentication,
      status: 200,
      shape: access,
      gives: showAccess,
      description: 'A new access token, whose `auth_time` is now.',
    },
    changePassword: {
      takes: forms.passwordChange,
      status: 200,
      shape: detail,
      gives: () => ({ detail: 'New password has been saved.' }),
      description: 'The password has been changed; your other sessions have ended.',
    },
  },
  word: wordDjango,
  fieldName: inSnakeCase,
  bodyTypes: [JSON_TYPE, FORM_TYPE, MULTIPART_TYPE],
  introduction: introduced('as djangorestframework-simplejwt and dj-rest-auth 7 do'),
  problemShape: djangoProblemShape,
  lacks: [],
  isPendingLoginInBody: true,
};
