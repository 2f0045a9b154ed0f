import type { Dialect } from './dialect.js';

/** `DIALECT=standard`. */
export const standard: Dialect = {
  tokens: (body) => ({
    accessToken: body.access_token as string | undefined,
    scheme: body.token_type as string | undefined,
    expiresIn: body.expires_in as number | undefined,
    user: body.user,
  }),
  content: (body) => body,
  isDone: (body) => typeof body.detail === 'string',
  // A gateway may use a number here.
  problem: (body) => (typeof body.code === 'string' ? body : {}),
  request: (_name, input) => input,
};
