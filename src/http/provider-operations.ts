import type { ErrorCode } from '../errors.js';
import { ACCESS_TOKEN, PENDING } from './operation-errors.js';
import { operation } from './operation-row.js';
import type { TokensAndUser } from './payloads.js';
import type { PendingCode, SignInResult } from './pending-sign-in.js';
import type {
  AddressInput,
  IdentityFacts,
  IdTokenInput,
  ProviderCodeInput,
  ProviderFacts,
  ProviderNonce,
  ProviderNotification,
  ProviderRedirect,
  ProviderStart,
  SocialAccountFacts,
  SocialProof,
  SocialReturn,
  SocialStart,
} from './provider-payloads.js';

const params = { provider: 'The ID of a provider, as in `PROVIDERS`.' };

/** Of sign-ins that are not redirected. */
const DIRECT: readonly ErrorCode[] = [
  'provider_refused',
  'login_expired',
  'email_required',
  'account_exists',
  'user_inactive',
  'registration_closed',
  'email_not_verified',
  'session_limit_reached',
  'rate_limited',
  ...PENDING,
];

/** The rows of {@link OPERATIONS} about other providers of identities. */
export const PROVIDER_OPERATIONS = {
  listProviders: operation<undefined, ProviderFacts[]>(
    'GET /providers',
    'List the providers that users can sign in with',
    { tag: 'provider', access: 'public' },
  ),
  startProvider: operation<ProviderStart, ProviderRedirect>(
    'POST /providers/:provider/start',
    'Get the address of a provider, to sign in, to link an account there, or to authenticate again',
    {
      tag: 'provider',
      access: 'public',
      cookie: 'sets_provider_attempt',
      params,
      errors: [
        'return_to_refused',
        'provider_not_found',
        'provider_unavailable',
        'rate_limited',
        'method_not_available',
        // Of the purposes `link` and `reauthenticate`.
        ...ACCESS_TOKEN,
        'api_key_refused',
        'insufficient_user_authentication',
      ],
    },
  ),
  providerCallback: operation(
    'GET /providers/:provider/callback',
    'The redirect URI of a provider: signs in, links or authenticates again, and returns to the page',
    {
      tag: 'provider',
      access: 'public',
      cookie: 'sets_from_provider',
      params,
      also: { providerFormPost: 'POST /providers/:provider/callback' },
    },
  ),
  createProviderNonce: operation<undefined, ProviderNonce>(
    'POST /providers/:provider/nonce',
    'Get a nonce for an ID token that the SDK of a provider gives to an app',
    { tag: 'provider', access: 'public', params, errors: ['provider_not_found', 'method_not_available'] },
  ),
  providerCodeLogin: operation<ProviderCodeInput, SignInResult>(
    'POST /providers/token',
    'Sign in with the code that an app got when its user came back from a provider',
    {
      tag: 'provider',
      access: 'public',
      cookie: 'sets',
      errors: DIRECT.filter((code) => code !== 'provider_refused'),
    },
  ),
  idTokenLogin: operation<IdTokenInput, SignInResult>(
    'POST /providers/:provider/token',
    'Sign in with an ID token that the SDK of a provider gave to an app',
    {
      tag: 'provider',
      access: 'public',
      cookie: 'sets',
      params,
      errors: ['provider_not_found', 'method_not_available', 'provider_unavailable', ...DIRECT],
    },
  ),
  providerNotification: operation<ProviderNotification>(
    'POST /providers/:provider/notifications',
    'For providers that report what their users change there: Apple',
    {
      tag: 'provider',
      access: 'public',
      params,
      errors: [
        'provider_not_found',
        'method_not_available',
        'provider_refused',
        'provider_unavailable',
        'rate_limited',
      ],
    },
  ),
  requestIdentityCode: operation<AddressInput, PendingCode>(
    'POST /login/email',
    'Name your address after a sign-in with a provider that gave none; an email with a code confirms it',
    {
      tag: 'provider',
      access: 'public',
      cookie: 'sets_pending_login',
      errors: ['login_expired', 'rate_limited'],
    },
  ),
  listIdentities: operation<undefined, IdentityFacts[]>(
    'GET /identities',
    'List the accounts at providers that are linked to yours',
    { tag: 'provider', access: 'access_token', allowsActor: true },
  ),
  removeIdentity: operation('DELETE /identities/:id', 'Unlink an account at a provider', {
    tag: 'provider',
    access: 'access_token',
    fresh: 'always',
    params: { id: 'ID of the identity.' },
    errors: ['identity_not_found', 'last_sign_in_method'],
  }),
};

const ON_THE_WAY = ['provider_not_found', 'provider_unavailable', 'method_not_available'] as const;
const ON_RETURN = [
  'provider_not_found',
  'access_token_refused',
  'state_missing',
  'provider_refused',
  'provider_unavailable',
  'user_inactive',
] as const;

/**
 * The rows about providers that only clients of dj-rest-auth use: the provider sends the browser to the page, and the
 * page sends us what it got.
 */
export const DJANGO_PROVIDER_OPERATIONS = {
  beginSocialLogin: operation<SocialStart, ProviderRedirect>(
    'POST /:provider/url',
    'Get the address of a provider, which sends the browser back to `…_CALLBACK_URL` of your page',
    {
      tag: 'provider',
      access: 'public',
      cookie: 'sets_provider_attempt',
      params,
      errors: [...ON_THE_WAY, 'rate_limited'],
    },
  ),
  socialLogin: operation<SocialProof, SignInResult>(
    'POST /:provider',
    'Sign in with what a provider has given to your page',
    {
      tag: 'provider',
      access: 'public',
      cookie: 'sets',
      params,
      errors: [...ON_RETURN, 'method_not_available', ...DIRECT],
    },
  ),
  beginSocialConnect: operation<SocialStart, ProviderRedirect>(
    'POST /:provider/connect/url',
    'Get the address of a provider, to link an account there',
    {
      tag: 'provider',
      access: 'access_token',
      fresh: 'always',
      cookie: 'sets_provider_attempt',
      params,
      errors: [...ON_THE_WAY, 'rate_limited'],
    },
  ),
  socialConnect: operation<SocialReturn, TokensAndUser>(
    'POST /:provider/connect',
    'Link an account at a provider, with what it has given to your page',
    {
      tag: 'provider',
      access: 'access_token',
      cookie: 'ends_provider_attempt',
      params,
      errors: [...ON_RETURN, 'login_expired', 'identity_taken', 'rate_limited'],
    },
  ),
  listSocialAccounts: operation<undefined, SocialAccountFacts[]>(
    'GET /socialaccounts',
    'List the accounts at providers that are linked to yours',
    { tag: 'provider', access: 'access_token' },
  ),
  disconnectSocialAccount: operation<undefined, SocialAccountFacts>(
    'POST /socialaccounts/:id/disconnect',
    'Unlink an account at a provider',
    {
      tag: 'provider',
      access: 'access_token',
      fresh: 'always',
      params: { id: 'ID of the linked account.' },
      errors: ['identity_not_found', 'last_sign_in_method', 'user_inactive'],
    },
  ),
};
