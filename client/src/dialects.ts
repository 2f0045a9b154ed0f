import { standard } from './standard.js';
import type { Body, Dialect, Problem } from './types.js';

export { standard };

/** The words of `DIALECT=django`: djangorestframework-simplejwt and dj-rest-auth 7. The user is `{pk, email}`. */
export const django: Dialect = {
  ...standard,
  // Also the names of dj-rest-auth before version 4.
  tokens: (body) => readTokens(body.access ?? body.access_token, body.user),
  problem: ({ detail, code, ...fields }) =>
    detail === undefined
      ? { code: 'input_invalid', detail: sentencesOf(fields)[0], errors: fields as Problem['errors'] }
      : { code: (code as string | undefined) ?? 'refused', detail: detail as string },
  request: (name, input) => {
    if (name === 'register' && 'email' in input)
      return { email: input.email, password1: input.password, password2: input.password };
    if (name === 'changePassword' && 'new_password' in input)
      return {
        old_password: input.old_password,
        new_password1: input.new_password,
        new_password2: input.new_password,
      };
    return input;
  },
};

/** The words of `DIALECT=django-legacy`. */
export const djangoLegacy = django;

/** The words of `DIALECT=envelope`: `{code, message}` around everything. */
export const envelope: Dialect = {
  ...standard,
  tokens: (body) => readTokens((body.token as Body | undefined)?.access, undefined),
  content: (body, name) => (body as Body)[name],
  problem: ({ error, message, errors }) => ({ code: error, detail: message, errors }) as Problem,
};

/** The answer does not say how long the token lives; the token says when it was issued and when it ends. */
function readTokens(accessToken: unknown, user: unknown) {
  if (typeof accessToken !== 'string') return { accessToken: undefined, expiresIn: undefined, user };
  const { exp, iat } = JSON.parse(
    atob((accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
  ) as { exp: number; iat: number };
  return { accessToken, expiresIn: exp - iat, user };
}

const sentencesOf = (fields: Body): string[] => Object.values(fields).flat().map(String);
