import { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import type { Operation } from '../operations.js';
import type { FailedRequest, Problem, WordedProblem } from './dialect.js';

/** How simplejwt and dj-rest-auth word their failures: two envelopes, and a `code` in only one of them. */
export const djangoProblemShape = z
  .union([
    z.object({
      detail: z.string(),
      code: z.string().optional(),
      messages: z
        .array(z.object({ token_class: z.string(), token_type: z.string(), message: z.string() }))
        .optional(),
    }),
    z.record(z.string(), z.array(z.string())),
  ])
  .meta({
    id: 'Failure',
    description: 'A sentence under `detail`, or a list of sentences under each field.',
  });

/** simplejwt's own views; everything else speaks dj-rest-auth. */
const TOKEN_VIEWS: ReadonlySet<Operation | undefined> = new Set([
  'obtainToken',
  'refreshToken',
  'verifyToken',
  'blacklistToken',
]);
const PUBLIC: ReadonlySet<Operation | undefined> = new Set([
  ...TOKEN_VIEWS,
  'login',
  'logout',
  'register',
  'signUp',
]);

const PASSWORD_TEXTS: Readonly<Partial<Record<ErrorCode, (least: number) => string>>> = {
  password_too_short: (least) => `This password is too short. It must contain at least ${least} characters.`,
  password_too_long: () => 'Ensure this field has no more than 256 characters.',
  password_too_common: () => 'This password is too common.',
  password_numeric: () => 'This password is entirely numeric.',
  password_same_as_email: () => 'The password is too similar to the email address.',
};

/** Puts a failure into the reference's words, status and headers. */
export function wordDjango(problem: Problem, request: FailedRequest): WordedProblem {
  const [status, body, challenge] = reword(problem, request);
  return {
    status,
    contentType: 'application/json',
    body,
    challenge: challenge ? `${request.options.authHeaderTypes[0] ?? 'Bearer'} realm="api"` : undefined,
  };
}

type Reworded = [status: number, body: object, challenge?: boolean];

function reword(problem: Problem, request: FailedRequest): Reworded {
  const { code, status, detail } = problem;
  const { operation, options } = request;
  if (code.startsWith('password_')) return refusedPassword(problem, request);
  switch (code) {
    case 'input_invalid':
      return [400, byField(problem)];
    case 'body_malformed':
      return [400, { detail: `JSON parse error - ${request.parserMessage}` }];
    case 'method_not_allowed':
      return [405, { detail: `Method "${request.method}" not allowed.` }];
    case 'media_type_unsupported':
      return [415, { detail: `Unsupported media type "${request.contentType}" in request.` }];
    case 'not_found':
    case 'session_not_found':
      return [404, { detail: 'Not found.' }];
    case 'bad_credentials':
      return badCredentials(operation);
    case 'email_taken':
      return [400, { email: ['User is already registered with this e-mail address.'] }];
    case 'origin_refused':
      return [403, { detail: 'CSRF Failed: Origin checking failed.' }];
    case 'refresh_missing':
      if (operation === 'blacklistToken' || options.refreshTokenIn === 'body')
        return [400, { refresh: ['This field is required.'] }];
      return [401, notValid(`No valid token found in cookie '${options.cookieName}'`), true];
  }
  if (status === 401)
    return operation && PUBLIC.has(operation) ? refusedToken(problem, operation) : refusedAccess(problem);
  return [status, { detail, code }];
}

function byField({ errors = {} }: Problem): object {
  // What is wrong with the body as a whole comes under the name that DRF has for it.
  const { body, ...fields } = errors;
  return body ? { non_field_errors: body } : fields;
}

function badCredentials(operation: Operation | undefined): Reworded {
  if (operation === 'obtainToken')
    return [401, { detail: 'No active account found with the given credentials' }, true];
  if (operation === 'changePassword')
    return [400, { old_password: ['Your old password was entered incorrectly. Please enter it again.'] }];
  return [400, { non_field_errors: ['Unable to log in with provided credentials.'] }];
}

function refusedPassword({ code, codes }: Problem, { operation, options }: FailedRequest): Reworded {
  const isChange = operation === 'changePassword';
  if (code === 'password_mismatch')
    return isChange
      ? [400, { new_password2: ['The two password fields didn’t match.'] }]
      : [400, { non_field_errors: ["The two password fields didn't match."] }];
  const texts = codes.flatMap((each) => PASSWORD_TEXTS[each]?.(options.passwordMinLength) ?? []);
  return [400, { [isChange ? 'new_password2' : 'password1']: texts }];
}

const notValid = (detail: string) => ({ detail, code: 'token_not_valid' });

/** What simplejwt says of a token. */
export function tokenText({ code, tokenProblem }: Pick<Problem, 'code' | 'tokenProblem'>): string {
  if (code === 'token_expired') return 'Token is expired';
  if (code === 'token_wrong_type') return 'Token has wrong type';
  if (code === 'token_blacklisted' || code === 'token_reused') return 'Token is blacklisted';
  if (tokenProblem === 'no_exp') return "Token has no 'exp' claim";
  if (tokenProblem === 'no_jti') return 'Token has no id';
  if (tokenProblem === 'no_type') return 'Token has no type';
  return 'Token is invalid';
}

/** A token that was handed in, to a view that is open to everybody. */
function refusedToken(problem: Problem, operation: Operation): Reworded {
  if (problem.code === 'user_inactive' || problem.code === 'user_not_found')
    return [401, { detail: 'No active account found for the given token.' }, true];
  if (operation === 'verifyToken' && problem.code === 'token_blacklisted')
    return [400, { non_field_errors: ['Token is blacklisted'] }];
  return [401, notValid(tokenText(problem)), true];
}

/** The access token of a guarded request. */
function refusedAccess(problem: Problem): Reworded {
  switch (problem.code) {
    case 'access_missing':
      return [401, { detail: 'Authentication credentials were not provided.' }, true];
    case 'bad_authorization_header':
      return [
        401,
        { detail: 'Authorization header must contain two space-delimited values', code: problem.code },
        true,
      ];
    case 'user_not_found':
      return problem.tokenProblem === 'no_user'
        ? [401, notValid('Token contained no recognizable user identification'), true]
        : [401, { detail: 'User not found', code: problem.code }, true];
    case 'user_inactive':
      return [401, { detail: 'User is inactive', code: problem.code }, true];
    default: {
      const message = tokenText(problem);
      const messages = [{ token_class: 'AccessToken', token_type: 'access', message }];
      return [401, { ...notValid('Given token not valid for any token type'), messages }, true];
    }
  }
}
