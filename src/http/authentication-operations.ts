import { PASSWORD_ASKED, PENDING } from './operation-errors.js';
import { operation } from './operation-row.js';
import type { TokensAndUser } from './payloads.js';
import type {
  LoginCodeInput,
  LoginCodeRequest,
  PendingCode,
  PendingSignIn,
  ReauthenticationInput,
  SecondFactorInput,
  SignInResult,
} from './pending-sign-in.js';

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
        'invalid_scope',
        'session_limit_reached',
        'rate_limited',
        'server_busy',
      ],
      // As dj-rest-auth calls it.
      also: { verifyMfa: 'POST /mfa/verify' },
    },
  ),
  showPendingLogin: operation<{ loginToken?: string | undefined }, PendingSignIn>(
    'POST /login/pending',
    'Get what a login lacks that waits in this browser, such as after the return from a provider',
    { tag: 'session', access: 'public', cookie: 'reads_pending_login', errors: ['login_expired'] },
  ),
  requestLoginCode: operation<LoginCodeRequest, PendingCode>(
    'POST /login/code',
    'Request an email with a code to sign in',
    {
      tag: 'session',
      access: 'public',
      cookie: 'sets_pending_login',
      settings: ['emailCodeLogin'],
      errors: ['rate_limited'],
    },
  ),
  confirmLoginCode: operation<LoginCodeInput, SignInResult>(
    'POST /login/code/confirm',
    'Sign in with the code or the key from an email, in the browser that requested it',
    {
      tag: 'session',
      access: 'public',
      cookie: 'sets',
      // Also for an address that was named after a sign-in with a provider.
      settings: ['emailCodeLogin', 'providers'],
      errors: [
        'code_wrong',
        'login_expired',
        ...PENDING,
        'invalid_scope',
        'session_limit_reached',
        'rate_limited',
        'account_exists',
        'registration_closed',
      ],
    },
  ),
  showLoginCode: operation<{ key: string }, { code: string }>(
    'POST /login/code/show',
    'Get the code for the key from an email, to type it where it was requested',
    {
      tag: 'session',
      access: 'public',
      settings: ['emailCodeLogin', 'providers'],
      errors: ['login_expired'],
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
        'code_wrong',
        'login_expired',
      ],
    },
  ),
};
