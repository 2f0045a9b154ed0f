import { PASSWORD_ASKED, PENDING } from './operation-errors.js';
import { operation } from './operation-row.js';
import type { TokensAndUser } from './payloads.js';
import type { ReauthenticationInput, SecondFactorInput, SignInResult } from './pending-sign-in.js';

/** The rows of {@link OPERATIONS} about other ways to authenticate than a login with a password. */
export const AUTHENTICATION_OPERATIONS = {
  verifySecondFactor: operation<SecondFactorInput, SignInResult>(
    'POST /login/second-factor',
    'Go on with a login that lacks a second factor',
    {
      tag: 'session',
      access: 'public',
      cookie: 'sets',
      errors: [
        'method_not_available',
        'second_factor_wrong',
        'passkey_invalid',
        'login_expired',
        'setup_expired',
        ...PENDING,
        'email_not_verified',
        'session_limit_reached',
        'rate_limited',
        'server_busy',
      ],
      // As dj-rest-auth calls it.
      also: { verifyMfa: 'POST /mfa/verify' },
    },
  ),
  reauthenticate: operation<ReauthenticationInput, TokensAndUser>(
    'POST /reauthenticate',
    'Authenticate again, before an operation that requires a recent sign-in',
    {
      tag: 'session',
      access: 'access_token',
      cookie: 'reissues',
      errors: [
        ...PASSWORD_ASKED,
        'method_not_available',
        'second_factor_wrong',
        'passkey_invalid',
        'user_inactive',
      ],
    },
  ),
};
