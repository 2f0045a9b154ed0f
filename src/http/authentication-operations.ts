import { PASSWORD_ASKED } from './operation-errors.js';
import { operation } from './operation-row.js';
import type { TokensAndUser } from './payloads.js';
import type { ReauthenticationInput } from './pending-sign-in.js';

/** The rows of {@link OPERATIONS} about other ways to authenticate than a login with a password. */
export const AUTHENTICATION_OPERATIONS = {
  reauthenticate: operation<ReauthenticationInput, TokensAndUser>(
    'POST /reauthenticate',
    'Authenticate again, before an operation that requires a recent sign-in',
    {
      tag: 'session',
      access: 'access_token',
      cookie: 'reissues',
      errors: [...PASSWORD_ASKED, 'method_not_available', 'second_factor_wrong', 'user_inactive'],
    },
  ),
};
