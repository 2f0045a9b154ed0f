import { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { SignedOut, TokensAndUser, UserFacts } from '../operations.js';
import type { Dialect } from './dialect.js';
import {
  charField,
  djangoForm,
  emailCharField,
  looseEmailField,
  optionalCharField,
  passwordCharField,
} from './django-fields.js';
import { djangoProblemShape, tokenText, wordDjango } from './django-problems.js';
import { standard } from './standard.js';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery staple';

const obtain = djangoForm({ email: charField, password: passwordCharField })
  .transform(({ email, password }) => ({ email: email.toLowerCase(), password }))
  .meta({ id: 'TokenObtain', examples: [{ email: EMAIL, password: PASSWORD }] });
const login = djangoForm({ email: looseEmailField, password: passwordCharField })
  .transform(({ email, password }, context) => {
    if (!email) context.addIssue('Must include "email" and "password".');
    return { email: email ?? '', password };
  })
  .meta({ id: 'Login', examples: [{ email: EMAIL, password: PASSWORD }] });
const registration = djangoForm({
  email: emailCharField,
  password1: passwordCharField,
  password2: passwordCharField,
})
  .transform(({ email, password1, password2 }) => ({ email, password: password1, confirmation: password2 }))
  .meta({ id: 'Register', examples: [{ email: EMAIL, password1: PASSWORD, password2: PASSWORD }] });
const refreshInBody = djangoForm({ refresh: optionalCharField })
  .transform(({ refresh }) => ({ refreshToken: refresh }))
  .meta({ id: 'TokenRefresh', examples: [{}] });
const verification = djangoForm({ token: charField }).meta({
  id: 'TokenVerify',
  examples: [{ token: 'eyJhbGciOiJIUzI1NiJ9.e30.x' }],
});
const passwordChange = djangoForm({
  old_password: passwordCharField,
  new_password1: passwordCharField,
  new_password2: passwordCharField,
})
  .transform((body) => ({
    oldPassword: body.old_password,
    newPassword: body.new_password1,
    confirmation: body.new_password2,
  }))
  .meta({
    id: 'PasswordChange',
    examples: [
      { old_password: PASSWORD, new_password1: 'Nine-quiet-herons-7', new_password2: 'Nine-quiet-herons-7' },
    ],
  });
/** dj-rest-auth's pk and email are read-only: what is sent of them is passed over. */
const userDetails = djangoForm({})
  .transform(() => ({}))
  .meta({ id: 'UserDetailsChange', examples: [{}] });
const deletion = djangoForm({ password: passwordCharField }).meta({
  id: 'AccountDeletion',
  examples: [{ password: PASSWORD }],
});

const user = z.object({ pk: z.int(), email: z.string() }).meta({ id: 'UserDetails' });
const showUser = ({ id, email }: UserFacts): z.infer<typeof user> => ({ pk: id, email });

const expirations = {
  access_expiration: z.iso.datetime().optional(),
  refresh_expiration: z.iso.datetime().optional(),
};
const showExpirations = (result: TokensAndUser, { returnExpiration }: Options) =>
  returnExpiration && {
    access_expiration: result.accessExpiresAt.toISOString(),
    refresh_expiration: result.refreshExpiresAt.toISOString(),
  };

const jwt = z.object({ access: z.string(), refresh: z.string(), user, ...expirations }).meta({ id: 'JWT' });
const showJwt = (result: TokensAndUser, options: Options): z.infer<typeof jwt> => ({
  access: result.accessToken,
  refresh: result.refreshToken ?? '',
  user: showUser(result.user),
  ...showExpirations(result, options),
});

const access = z
  .object({
    access: z.string(),
    refresh: z.string().optional(),
    access_expiration: z.iso.datetime().optional(),
  })
  .meta({ id: 'TokenPair' });
const showAccess = (result: TokensAndUser, { returnExpiration }: Options): z.infer<typeof access> => ({
  access: result.accessToken,
  ...(result.refreshToken !== undefined && { refresh: result.refreshToken }),
  ...(returnExpiration && { access_expiration: result.accessExpiresAt.toISOString() }),
});

const detail = z.object({ detail: z.string() }).meta({ id: 'Detail' });
const nothing = z.object({}).meta({ id: 'Nothing' });

function showSignedOut({ refused }: SignedOut, { refreshTokenIn }: Options): z.infer<typeof detail> {
  if (refused === undefined) return { detail: 'Successfully logged out.' };
  if (refused !== 'refresh_missing') return { detail: tokenText({ code: refused, tokenProblem: undefined }) };
  const place = refreshTokenIn === 'body' ? 'request' : 'cookie';
  return { detail: `Refresh token was not included in ${place} data.` };
}

const { getSession, listSessions, endSession, endOtherSessions } = standard.operations;

/** What djangorestframework-simplejwt (under /token) and dj-rest-auth 7 answer. */
export const django: Dialect = {
  operations: {
    login: { takes: login, status: 200, shape: jwt, gives: showJwt, description: 'Signed in.' },
    logout: {
      takes: refreshInBody,
      status: 200,
      // A dead or missing token is told, though the cookie is cleared and nothing is left to do.
      statusOf: ({ refused }) => (refused === undefined ? 200 : 401),
      shape: detail,
      gives: showSignedOut,
      description: 'Signed out.',
    },
    obtainToken: { takes: obtain, status: 200, shape: access, gives: showAccess, description: 'Signed in.' },
    refreshToken: {
      takes: refreshInBody,
      status: 200,
      shape: access,
      gives: showAccess,
      description: 'A new access token.',
    },
    verifyToken: {
      takes: verification,
      status: 200,
      shape: nothing,
      gives: () => ({}),
      description: 'The token is good.',
    },
    blacklistToken: {
      takes: refreshInBody,
      status: 200,
      shape: nothing,
      gives: () => ({}),
      description: 'The session has ended.',
    },
    getSession,
    listSessions,
    endSession,
    endOtherSessions,
    register: {
      takes: registration,
      status: 201,
      shape: jwt,
      gives: showJwt,
      description: 'The account is made.',
    },
    signUp: {
      takes: registration,
      status: 201,
      shape: jwt,
      gives: showJwt,
      description: 'The account is made.',
    },
    getUser: { status: 200, shape: user, gives: showUser, description: 'Your account.' },
    updateUser: {
      takes: userDetails,
      status: 200,
      shape: user,
      gives: showUser,
      description: 'Your account.',
    },
    replaceUser: {
      takes: userDetails,
      status: 200,
      shape: user,
      gives: showUser,
      description: 'Your account.',
    },
    deleteUser: { takes: deletion, status: 204, description: 'It is gone.' },
    changePassword: {
      takes: passwordChange,
      status: 200,
      shape: detail,
      gives: () => ({ detail: 'New password has been saved.' }),
      description: 'The password is changed; your other sessions have ended.',
    },
  },
  word: wordDjango,
  problemShape: djangoProblemShape,
  lacks: [],
};
