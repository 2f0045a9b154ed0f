import { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { OperationName } from '../operations.js';
import type { TokensAndUser } from '../payloads.js';
import { type Dialect, type OperationForm, refreshedWith } from './dialect.js';
import { isPending, type PendingSignIn, refusalOf, type SignInResult } from '../pending-sign-in.js';
import { pendingFields, pendingRegistration, showPendingFields } from './pending.js';
import { deviceOperations } from './device-session.js';
import { adminOperations } from './standard-admin.js';
import { managedInvitations } from './standard-invitations.js';
import { detail } from './standard-emails.js';
import { codesField, showCodes } from './standard-factors.js';
import { exchangeOperation } from './standard-keys.js';
import { standard } from './standard.js';
import { showStepUp, stepUpFields } from './step-up.js';

const shapeOf = (content: z.ZodRawShape) => z.object({ code: z.int(), message: z.string(), ...content });
const named = (name: string, content: z.ZodRawShape) => shapeOf(content).meta({ id: name });
/** The name of `VerifyTokenAnswer`; responses without content have the same format everywhere. */
const answerOf = (operation: OperationName, content?: z.ZodRawShape) =>
  content
    ? named(`${operation.replace(/^./, (first) => first.toUpperCase())}Answer`, content)
    : named('Done', {});
const token = {
  token: z.object({ access: z.string(), refresh: z.string().optional() }).meta({ id: 'Token' }),
};

/** The name for content beside `code` and `message`, if `result` does not fit. */
const CONTENT: Partial<Record<OperationName, string>> = {
  verifyToken: 'token',
  getSession: 'session',
  listSessions: 'sessions',
  listEndedSessions: 'sessions',
  listActivity: 'activity',
  listProviders: 'providers',
  listIdentities: 'identities',
  getUser: 'user',
  updateUser: 'user',
};

/** Wraps an operation of the standard dialect. A message for humans is not content. */
function wrapped<O extends OperationName>(operation: O): OperationForm<O> {
  const form = standard.operations[operation] as OperationForm<O>;
  // A redirect has no body.
  if (form.status === 303) return form;
  const { takes, takesFor, shape, gives, description } = form;
  const name = shape && shape !== detail ? (CONTENT[operation] ?? 'result') : undefined;
  return {
    ...(takes && { takes }),
    ...(takesFor && { takesFor }),
    status: 200,
    shape: answerOf(operation, name !== undefined && shape ? { [name]: shape } : undefined),
    gives: (result, options) => ({
      code: 200,
      message: 'success',
      ...(name !== undefined && { [name]: gives?.(result, options) }),
    }),
    description,
  };
}

/** All operations of the standard dialect, wrapped. */
const all = Object.fromEntries(
  (Object.keys(standard.operations) as OperationName[]).map((name) => [name, wrapped(name)]),
) as Dialect['operations'];

const showToken = ({ accessToken, refreshToken }: TokensAndUser) => ({
  access: accessToken,
  ...(refreshToken !== undefined && { refresh: refreshToken }),
});

/** A registration created an account without signing in; otherwise a sign-in that lacks a step is an error. */
function showPending(result: PendingSignIn, status: number, options: Options) {
  if (status !== 201) throw refusalOf(result);
  const pending = { code: result.needs, ...showPendingFields(result, options) };
  return { code: status, message: 'second factor required', pending };
}

/** Wraps an operation that returns tokens. */
function withToken<
  O extends
    | 'login'
    | 'verifySecondFactor'
    | 'passkeyLogin'
    | 'obtainToken'
    | 'refreshToken'
    | 'register'
    | 'acceptInvitation'
    | 'confirmLoginCode'
    | 'reauthenticate'
    | 'changePassword',
>(operation: O, status: number, message: string, shape = named('TokenAnswer', token)): OperationForm<O> {
  const { takes, takesFor, description } = standard.operations[operation] as OperationForm<O>;
  return {
    ...(takes && { takes }),
    ...(takesFor && { takesFor }),
    status,
    shape,
    gives: (result: SignInResult | undefined, options: Options) => {
      if (!result) return { code: status, message: 'verification email sent' };
      if (isPending(result)) return showPending(result, status, options);
      return { code: status, message, token: showToken(result), ...showCodes(result) };
    },
    description,
  };
}

const tokenAndCodes = named('TokenAndCodesAnswer', { ...token, ...codesField });

const refreshing = withToken('refreshToken', 200, 'new accessToken');
const refreshes: OperationForm<'refreshToken'> = {
  ...refreshing,
  ...refreshedWith(named('TokenAnswer', token), (result, options) => refreshing.gives?.(result, options)),
};

/** An operation that returns only a message. */
const said = <O extends OperationName>(operation: O, message: string): OperationForm<O> => ({
  ...wrapped(operation),
  gives: () => ({ code: 200, message }),
});

/** Without a token if the address has to be verified first. */
const registration = {
  ...withToken('register', 201, 'signup success'),
  shapeFor: ({ emailVerification }: Options) =>
    emailVerification === 'mandatory'
      ? named('Done', {})
      : z.union([named('TokenAnswer', token), named('PendingAnswer', { pending: pendingRegistration })]),
  showsPending: true as const,
};

/** Every body is `{code, message}` plus content; `code` is the status. */
export const envelope: Dialect = {
  operations: {
    ...all,
    ...exchangeOperation,
    ...deviceOperations,
    login: withToken('login', 200, 'login success'),
    verifySecondFactor: withToken('verifySecondFactor', 200, 'login success', tokenAndCodes),
    passkeyLogin: withToken('passkeyLogin', 200, 'login success'),
    logout: said('logout', 'logout success'),
    resendUnlock: said('resendUnlock', 'unlock email sent'),
    obtainToken: withToken('obtainToken', 200, 'login success'),
    refreshToken: refreshes,
    register: registration,
    verifyEmail: said('verifyEmail', 'address verified'),
    resendEmail: said('resendEmail', 'verification email sent'),
    changeEmail: said('changeEmail', 'confirmation email sent'),
    confirmEmailChange: said('confirmEmailChange', 'address changed'),
    resetPassword: said('resetPassword', 'password reset email sent'),
    confirmPasswordReset: said('confirmPasswordReset', 'password set'),
    acceptInvitation: withToken('acceptInvitation', 200, 'login success'),
    confirmLoginCode: withToken('confirmLoginCode', 200, 'login success'),
    reauthenticate: withToken('reauthenticate', 200, 'reauthenticated'),
    changePassword: withToken('changePassword', 200, 'password changed'),
    ...adminOperations,
    ...managedInvitations,
  },
  word: (problem, request) => ({
    status: problem.status,
    contentType: 'application/json',
    body: {
      code: problem.status,
      message: problem.detail,
      error: problem.code,
      ...(problem.errors && { errors: problem.errors }),
      ...(problem.pending && showPendingFields(problem.pending, request.options)),
      ...(problem.stepUp && showStepUp(problem.stepUp)),
    },
    challenge: standard.word(problem, request).challenge,
  }),
  fieldName: standard.fieldName,
  bodyTypes: standard.bodyTypes,
  introduction:
    'Every body is `{code, message}` plus its content, where `code` is the status. Errors have a stable name under `error`.',
  problemShape: shapeOf({
    error: z.string().meta({ description: 'Stable: branch on this.' }),
    errors: z.record(z.string(), z.array(z.string())).optional(),
    ...z.object({ ...pendingFields, ...stepUpFields }).partial().shape,
  }).meta({ id: 'Failure' }),
  lacks: standard.lacks,
};
