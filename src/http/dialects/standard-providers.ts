import { z } from 'zod';
import { emailField, sessionFields, textField } from '../fields.js';
import type { IdentityFacts } from '../provider-payloads.js';
import type { Dialect } from './dialect.js';
import type { Options } from '../../config/options.js';
import { pendingCodeAs, type TokenName } from './login-code.js';
import { finished, pendingLoginForm } from './pending.js';
import { showTokensAndUser, tokensAndUser } from './standard-tokens.js';

const provider = z.object({ id: z.string(), name: z.string() }).meta({ id: 'Provider' });

/** **Shape** of a SHA-256 in base64url, and of the shortest verifier. **Source** RFC 7636 §4.1, §4.2. */
const secretField = z
  .string()
  .regex(/^[\w-]{43}$/, 'This field must be a SHA-256 in base64url: 43 characters.');

const providerCode = z
  .object({
    code: textField(100),
    code_verifier: z
      .string()
      .regex(/^[\w.~-]{43,128}$/, 'This field must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~'),
  })
  .transform(({ code, code_verifier: codeVerifier }) => ({ code, codeVerifier }))
  .meta({
    id: 'ProviderCode',
    examples: [
      { code: 'SplxlOBeZQQYbYS6WxSbIA', code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' },
    ],
  });

const start = z
  .object({
    return_to: textField(1000),
    purpose: z.enum(['login', 'link', 'reauthenticate'], 'This field must be login, link or reauthenticate.'),
    ...sessionFields,
    code_challenge: secretField.optional(),
  })
  .transform(({ return_to: returnTo, code_challenge: codeChallenge, ...input }, context) => {
    if (codeChallenge !== undefined && input.purpose !== 'login')
      context.addIssue({ code: 'custom', message: 'Only for the purpose login.', path: ['code_challenge'] });
    return { ...input, returnTo, codeChallenge };
  })
  .meta({ id: 'ProviderStart', examples: [{ return_to: '/welcome', purpose: 'login' }] });

const idTokenForm = z
  .object({ id_token: textField(8192), nonce: textField(200), ...sessionFields })
  .transform(({ id_token: idToken, ...input }) => ({ ...input, idToken }))
  .meta({
    id: 'IdToken',
    examples: [{ id_token: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', nonce: 'hV9c2Vh' }],
  });

const nonce = z
  .object({ nonce: z.string(), expires_in: z.int().meta({ description: 'In seconds.' }) })
  .meta({ id: 'ProviderNonce' });

const notification = z.object({ payload: textField(16_384) }).meta({
  id: 'ProviderNotification',
  examples: [{ payload: 'eyJhbGciOiJSUzI1NiJ9.eyJldmVudHMiOiJ7fSJ9.c2lnbmF0dXJl' }],
});

const redirect = z.object({ url: z.url() }).meta({ id: 'ProviderRedirect' });

const identity = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    email: z
      .string()
      .nullable()
      .meta({ description: 'The address that the provider named at the last sign-in, verified or not.' }),
    name: z
      .string()
      .nullable()
      .meta({ description: 'The name that the provider gave, if any. Apple gives it once.' }),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Identity' });

const showIdentity = (facts: IdentityFacts): z.infer<typeof identity> => ({
  id: facts.id,
  provider: facts.provider,
  email: facts.email,
  name: facts.name,
  created_at: facts.createdAt.toISOString(),
  last_used_at: facts.lastUsedAt?.toISOString() ?? null,
});

/** `POST /login/email`, and what a dialect calls the secret of clients without cookies. */
export const identityCodeAs = (
  name: TokenName,
  isShown: (options: Options) => boolean,
  description: string,
) => ({
  takes: z
    .object({ email: emailField, [name]: textField(512).optional() })
    .transform((body) => {
      const { email = '', [name]: loginToken } = body as Record<string, string | undefined>;
      return { email, loginToken };
    })
    .meta({ id: 'IdentityAddress', examples: [{ email: 'ada@example.com' }] }),
  ...pendingCodeAs(name, 'An email with a code is on its way.', isShown, description),
  description: 'The code is for `POST /login/code/confirm`.',
});

/** The operations on providers. */
export const providerOperations = {
  listProviders: {
    status: 200,
    shape: z.array(provider),
    gives: (providers) => providers.map(({ id, name }) => ({ id, name })),
    description: 'The providers, in the order of the buttons.',
  },
  startProvider: {
    takes: start,
    status: 200,
    shape: redirect,
    gives: ({ url }) => ({ url }),
    description:
      'Send the browser to `url` within ten minutes. A cookie binds the attempt to this browser; several can be in progress.',
  },
  providerCallback: {
    status: 303,
    description:
      'Back to `return_to`, with the outcome in the fragment: `#signed_in`, `#linked`, `#reauthenticated`, `#second_factor`, `#second_factor_setup`, `#account_exists` (sign in to the account with this address within ten minutes, and the two are linked), `#email_required` (`POST /login/email` within ten minutes), `#code=` and a code (where the attempt had a `code_challenge`) or `#error=` and a code. If the browser has no attempt in progress, to `FRONTEND_URL` with `#error=state_missing`.',
  },
  createProviderNonce: {
    status: 200,
    shape: nonce,
    gives: ({ nonce: value, expiresIn }) => ({ nonce: value, expires_in: expiresIn }),
    description: 'Give it to the SDK, as it is or as its SHA-256 in hex or base64url. It works once.',
  },
  providerCodeLogin: {
    takes: providerCode,
    status: 200,
    shape: tokensAndUser,
    gives: finished(showTokensAndUser),
    description: 'As a login. The code works once, within a minute, for whoever began the attempt.',
  },
  idTokenLogin: {
    takes: idTokenForm,
    status: 200,
    shape: tokensAndUser,
    gives: finished(showTokensAndUser),
    description: 'As a login.',
  },
  providerNotification: {
    takes: notification,
    status: 204,
    description: 'It was carried out, or does not concern anybody here.',
  },
  showPendingLogin: pendingLoginForm,
  requestIdentityCode: identityCodeAs(
    'login_token',
    ({ refreshTokenIn }) => refreshTokenIn !== 'cookie',
    'Only with `REFRESH_TOKEN_IN=body` or `both`.',
  ),
  listIdentities: {
    status: 200,
    shape: z.array(identity),
    gives: (identities) => identities.map(showIdentity),
    description: 'The oldest first.',
  },
  removeIdentity: { status: 204, description: 'It is unlinked.' },
} satisfies Dialect['operations'];
