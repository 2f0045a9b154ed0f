import { z } from 'zod';
import type { Options } from '../../config/options.js';
import { type ErrorCode, ERRORS, type FieldErrors } from '../../errors.js';
import { needsAccessToken, partsOf } from '../operation-row.js';
import { type OperationName, ROUTES, rowOf } from '../operations.js';
import type { FailedRequest, Problem, WordedProblem } from './dialect.js';
import { rewordFactors } from './django-factors.js';
import { rewordProviders } from './django-providers.js';
import { challengeWith } from './step-up.js';

/** The errors of simplejwt and dj-rest-auth: two formats, of which only one contains a `code`. */
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

const SIMILAR = 'The password is too similar to the email.';
const PASSWORD_TEXTS: Readonly<Partial<Record<ErrorCode, (least: number) => string>>> = {
  password_too_short: (least) => `This password is too short. It must contain at least ${least} characters.`,
  password_too_long: () => 'Ensure this field has no more than 256 characters.',
  password_too_common: () => 'This password is too common.',
  password_breached: () => 'This password was found in a data breach. Choose another one.',
  password_numeric: () => 'This password is entirely numeric.',
  password_same_as_email: () => SIMILAR,
  password_too_similar: () => SIMILAR,
};

const isGuarded = (operation: OperationName): boolean => needsAccessToken(rowOf(operation).access);

/** The operations for which dj-rest-auth requires an access token. */
const GUARDED: readonly string[] = ROUTES.filter(
  ({ operation }) => isGuarded(operation) && rowOf(operation).tag === 'account',
).map(({ route }) => partsOf(route)[1]);
const isGuardedPath = (path: string): boolean =>
  GUARDED.some((guarded) => path.replace(/\/$/, '').endsWith(guarded));

/** Errors that we detect before authentication, and Django REST framework after it. */
const NOTICED_LATER: ReadonlySet<ErrorCode> = new Set([
  'method_not_allowed',
  'media_type_unsupported',
  'body_malformed',
]);

/** Converts an error to the reference's message, status and headers. */
export function wordDjango(problem: Problem, request: FailedRequest): WordedProblem {
  const [status, body, challenge] = reword(problem, request);
  return {
    status,
    contentType: 'application/json',
    body,
    challenge: challenge
      ? challengeWith(`${request.options.authHeaderTypes[0] ?? 'Bearer'} realm="api"`, problem)
      : undefined,
  };
}

type Reworded = [status: number, body: object, challenge?: boolean];

function reword(problem: Problem, request: FailedRequest): Reworded {
  const { code, status, detail } = problem;
  const { operation, options } = request;
  if (code.startsWith('password_')) return refusedPassword(problem, request);
  if (request.isAnonymous && NOTICED_LATER.has(code) && isGuardedPath(request.path ?? ''))
    return [401, NOT_PROVIDED, true];
  const aboutOthers = rewordProviders(problem, operation) ?? rewordFactors(problem, operation);
  if (aboutOthers) return aboutOthers;
  switch (code) {
    case 'input_invalid':
      // dj-rest-auth has no DELETE. Ours exists only for requests that contain the password.
      return operation === 'deleteUser' && request.method === 'DELETE'
        ? notAllowed(request)
        : [400, byField(problem)];
    case 'body_malformed':
      return [400, { detail: `${parserOf(request)} parse error - ${request.parserMessage}` }];
    case 'method_not_allowed':
      return notAllowed(request);
    case 'media_type_unsupported':
      return [415, { detail: `Unsupported media type "${request.contentType}" in request.` }];
    case 'bad_credentials':
      return badCredentials(problem, operation);
    case 'link_invalid':
      return operation === 'confirmPasswordReset'
        ? [400, { [problem.errors?.user_id ? 'uid' : 'token']: ['Invalid value'] }]
        : [404, { detail: 'Not found.' }];
    case 'email_not_verified':
      // simplejwt's view does not know about unverified addresses.
      return operation === 'obtainToken'
        ? [401, { detail: 'E-mail is not verified.', code }, true]
        : [400, { non_field_errors: ['E-mail is not verified.'] }];
    case 'email_taken':
      return [400, { email: ['User is already registered with this e-mail address.'] }];
    case 'username_taken':
      return [400, { username: ['A user with that username already exists.'] }];
    case 'origin_refused':
      return [status, { detail: 'CSRF Failed: Origin checking failed.' }];
    case 'insufficient_scope':
      return [403, { detail: 'You do not have permission to perform this action.', code }, true];
    case 'rate_limited':
      return [status, { detail: throttled(problem) }];
    case 'refresh_missing':
      return missingRefresh(options);
  }
  if (code === 'insufficient_user_authentication') return [401, { detail, code }, true];
  if (code === 'token_password_changed')
    return [401, { detail: "The user's password has been changed.", code: 'password_changed' }, true];
  if (status === 401 && code !== 'request_refused')
    return operation && !isGuarded(operation) ? refusedToken(problem, operation) : refusedAccess(problem);
  return [status, { detail, code }, status === 401 || ERRORS[code].lacksPermission];
}

function byField({ errors = {} }: Problem): object {
  // Errors of the body as a whole are reported under DRF's name for them.
  const { body, ...fields } = errors;
  return body ? { non_field_errors: body } : fields;
}

function throttled({ retryAfter }: Problem): string {
  if (retryAfter === undefined) return 'Request was throttled.';
  const seconds = retryAfter === 1 ? 'second' : 'seconds';
  return `Request was throttled. Expected available in ${retryAfter} ${seconds}.`;
}

const NOT_PROVIDED = { detail: 'Authentication credentials were not provided.' };

const notAllowed = ({ method }: FailedRequest): Reworded => [
  405,
  { detail: `Method "${method}" not allowed.` },
];

const parserOf = ({ contentType }: FailedRequest): string =>
  contentType.startsWith('multipart/') ? 'Multipart form' : 'JSON';

/** simplejwt's view reads it from the body, dj-rest-auth's from either, our own from the cookie. */
function missingRefresh({ refreshTokenIn, cookieName }: Options): Reworded {
  if (refreshTokenIn === 'body') return [400, { refresh: ['This field is required.'] }];
  if (refreshTokenIn === 'both') return [401, notValid('No valid refresh token found.'), true];
  return [401, notValid(`No valid token found in cookie '${cookieName}'`), true];
}

function badCredentials({ errors }: Problem, operation: OperationName | undefined): Reworded {
  if (operation === 'obtainToken')
    return [401, { detail: 'No active account found with the given credentials' }, true];
  if (operation === 'changePassword') {
    const wrong = ['Your old password was entered incorrectly. Please enter it again.'];
    return [400, { ...errors, old_password: wrong }];
  }
  if (operation === 'changeEmail' || operation === 'reauthenticate')
    return [400, { password: ['Your password was entered incorrectly. Please enter it again.'] }];
  return [400, { non_field_errors: ['Unable to log in with provided credentials.'] }];
}

function refusedPassword(problem: Problem, request: FailedRequest): Reworded {
  const { operation } = request;
  const isChange = operation === 'changePassword' || operation === 'confirmPasswordReset';
  return [400, (isChange ? refusedChange : refusedChoice)(problem, textsOf(problem, request))];
}

/** dj-rest-auth's registration checks the password with the other fields, and the form as a whole after that. */
function refusedChoice(problem: Problem, texts: string[]): object {
  const others = othersIn(problem);
  const ofItself = texts.filter((text) => text !== SIMILAR);
  if (ofItself.length > 0) return { ...others, password1: ofItself };
  if (Object.keys(others).length > 0) return others;
  const isMismatch = problem.codes.includes('password_mismatch');
  return { non_field_errors: [isMismatch ? "The two password fields didn't match." : SIMILAR] };
}

/** Its password change checks the fields first, then the repeated password, then the password. */
function refusedChange(problem: Problem, texts: string[]): object {
  const others = othersIn(problem);
  if (Object.keys(others).length > 0) return others;
  const isMismatch = problem.codes.includes('password_mismatch');
  return { new_password2: isMismatch ? ['The two password fields didn’t match.'] : texts };
}

/** The other errors of the form. Messages under the neutral name of the password are our own. */
const othersIn = ({ errors = {} }: Problem): FieldErrors =>
  Object.fromEntries(
    Object.entries(errors).filter(([field]) => field !== 'password' && field !== 'new_password'),
  );

function textsOf({ codes }: Problem, { options }: FailedRequest): string[] {
  // We assume that an attacker knows the address; Django has a message of its own for similarity to it.
  const said = codes.includes('password_same_as_email')
    ? codes.filter((code) => code !== 'password_too_common')
    : codes;
  return said.flatMap((code) => PASSWORD_TEXTS[code]?.(options.passwordMinLength) ?? []);
}

const notValid = (detail: string) => ({ detail, code: 'token_not_valid' });

const NO_USER = 'Token contained no recognizable user identification';

/** simplejwt's messages about tokens. */
export function tokenText({ code, tokenProblem }: Pick<Problem, 'code' | 'tokenProblem'>): string {
  // What its clients do about an expired one is right for one that has to be refreshed.
  if (code === 'token_expired' || code === 'token_outdated') return 'Token is expired';
  if (code === 'token_wrong_type') return 'Token has wrong type';
  if (code === 'token_blacklisted' || code === 'token_reused') return 'Token is blacklisted';
  if (tokenProblem === 'no_exp') return "Token has no 'exp' claim";
  if (tokenProblem === 'no_jti') return 'Token has no id';
  if (tokenProblem === 'no_type') return 'Token has no type';
  if (tokenProblem === 'no_user') return NO_USER;
  return 'Token is invalid';
}

/** A token passed to a view that needs no authentication. */
function refusedToken(problem: Problem, operation: OperationName): Reworded {
  const isOwnerGone = problem.code === 'user_inactive' || problem.code === 'user_not_found';
  // simplejwt accepts the token of a deleted user; here the session has ended with the user.
  if (operation === 'verifyToken' && (isOwnerGone || problem.code === 'token_blacklisted'))
    return [400, { non_field_errors: ['Token is blacklisted'] }];
  if (isOwnerGone && problem.tokenProblem !== 'no_user')
    return [401, { detail: 'No active account found for the given token.' }, true];
  return [401, notValid(tokenText(problem)), true];
}

const TWO_VALUES = 'Authorization header must contain two space-delimited values';

/** The access token of a guarded request. */
function refusedAccess(problem: Problem): Reworded {
  switch (problem.code) {
    case 'access_missing':
      return [401, NOT_PROVIDED, true];
    case 'bad_authorization_header':
      return [401, { detail: TWO_VALUES, code: problem.code }, true];
    case 'user_not_found':
      return problem.tokenProblem === 'no_user'
        ? [401, notValid(NO_USER), true]
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
