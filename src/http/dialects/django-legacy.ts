import { z } from 'zod';
import type { TokensAndUser } from '../operations.js';
import type { Dialect } from './dialect.js';
import { django } from './django.js';

const jwt = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    user: z.object({ pk: z.int(), email: z.string() }).meta({ id: 'UserDetails' }),
  })
  .meta({ id: 'JWT' });
const showJwt = ({ accessToken, refreshToken, user: { id, email } }: TokensAndUser): z.infer<typeof jwt> => ({
  access_token: accessToken,
  refresh_token: refreshToken ?? '',
  user: { pk: id, email },
});

const { login, register, signUp } = django.operations;

/** As {@link django}, with the names that dj-rest-auth had before version 4. */
export const djangoLegacy: Dialect = {
  ...django,
  operations: {
    ...django.operations,
    ...(login && { login: { ...login, shape: jwt, gives: showJwt } }),
    ...(register && { register: { ...register, shape: jwt, gives: showJwt } }),
    ...(signUp && { signUp: { ...signUp, shape: jwt, gives: showJwt } }),
  },
};
