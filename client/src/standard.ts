import type { Dialect } from './types.js';

/** The words of `DIALECT=standard`. */
export const standard: Dialect = {
  tokens: (body) => ({
    accessToken: body.access_token as string | undefined,
    scheme: body.token_type as string | undefined,
    expiresIn: body.expires_in as number | undefined,
    user: body.user,
  }),
  content: (body) => body,
  problem: (body) => body,
  request: (_name, input) => input,
};
