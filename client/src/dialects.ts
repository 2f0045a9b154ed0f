/**
 * The dialects of the server, for `createAuth({ dialect })`.
 *
 * @packageDocumentation
 */
import { standard } from './standard.js';
import type { Problem } from './auth-error.js';
import type { Body, Dialect, Inputs } from './dialect.js';

export { standard };

/** `DIALECT=django`: the format of djangorestframework-simplejwt and dj-rest-auth 7. The user is `{pk, email}`, or `{pk,
 * username, email}`. */
export const django: Dialect = {
  ...standard,
  // Also the names of dj-rest-auth before version 4.
  tokens: (body) => readTokens(body.access ?? body.access_token, body.user),
  content(body, name) {
    const { session_id, recovery_codes, ...bare } = body as Body;
    if (name !== 'result') return body;
    // What dj-rest-auth has too is as there: options and passkeys without a wrapping.
    if (bare.challenge) return { public_key: bare, session_id };
    return bare.credential_id ? { factor: { ...bare, type: 'passkey' }, recovery_codes } : body;
  },
  isDone: (body) => Boolean(standard.isDone(body) || body.challenge || body.credential_id),
  problem({ mfa_required, needs = 'second_factor_required', ...body }) {
    if (mfa_required) return { code: needs as string, detail: 'A second factor is required.' };
    // A field may be named `code`; beside `detail` it is that of the error.
    const { detail, code = codeOf(String(detail)) } = body;
    if (detail !== undefined) return { code: code as string, detail: detail as string };
    const [sentence] = sentencesOf(body);
    return { code: codeFor(sentence), detail: sentence, errors: body as Problem['errors'] };
  },
  request: (name, input: Inputs[keyof Inputs]) => {
    if (name === 'register') {
      const { password, ...others } = input as Inputs['register'];
      return { ...others, password1: password, password2: password };
    }
    if (!('new_password' in input)) return input;
    const { new_password: next, ...others } = input;
    return { ...others, new_password1: next, new_password2: next };
  },
};

/** `DIALECT=django-legacy`. */
export const djangoLegacy = django;

/** `DIALECT=envelope`: `{code, message}` around every body. */
export const envelope: Dialect = {
  ...standard,
  tokens: (body) => readTokens((body.token as Body | undefined)?.access, undefined),
  content: (body, name) => (body as Body)[name],
  isDone: ({ code, pending }) => typeof code === 'number' && !pending,
  problem: ({ code, pending, error = (pending as Body | undefined)?.code, message, errors }) =>
    // `quiet` answers for every dialect at once, with the same word in both.
    typeof error === 'string' && (typeof code === 'number' || code === error)
      ? ({ code: error, detail: message, errors } as Problem)
      : {},
};

function readTokens(accessToken: unknown, user: unknown) {
  if (typeof accessToken !== 'string') return { accessToken: undefined, expiresIn: undefined, user };
  return { accessToken, expiresIn: lifeOf(accessToken), user };
}

/** The response does not contain the lifetime; the token contains its issue and expiry times. */
function lifeOf(accessToken: string): number | undefined {
  try {
    const { exp, iat } = JSON.parse(
      atob((accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
    ) as { exp: number; iat: number };
    return exp - iat;
  } catch {
    // Not a readable JWT.
    return undefined;
  }
}

/**
 * Errors of dj-rest-auth have no code. It reports a missing session with a sentence about the token; any other 401 may
 * come from a gateway that uses Django REST framework too.
 */
const codeOf = (detail: string): string => (/token/i.test(detail) ? 'token_refused' : 'refused');

/** Of the second step it only has sentences about fields. */
const SECOND_STEP: [RegExp, string][] = [
  [/^Invalid or expired token/, 'login_expired'],
  [/^Invalid code/, 'second_factor_wrong'],
  [/verification failed/, 'passkey_invalid'],
];
const codeFor = (sentence = ''): string =>
  SECOND_STEP.find(([words]) => words.test(sentence))?.[1] ?? 'input_invalid';

const sentencesOf = (fields: Body): string[] => Object.values(fields).flat().map(String);
