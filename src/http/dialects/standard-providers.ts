import { z } from 'zod';
import { rememberField, textField } from '../fields.js';
import type { IdentityFacts } from '../provider-payloads.js';
import type { Dialect } from './dialect.js';
import { addressForm, says } from './standard-emails.js';

const provider = z.object({ id: z.string(), name: z.string() }).meta({ id: 'Provider' });

const start = z
  .object({
    return_to: textField(1000),
    purpose: z.enum(['login', 'link', 'reauthenticate'], 'This field must be login, link or reauthenticate.'),
    remember: rememberField,
  })
  .transform(({ return_to: returnTo, ...input }) => ({ ...input, returnTo }))
  .meta({ id: 'ProviderStart', examples: [{ return_to: '/welcome', purpose: 'login' }] });

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
      'Back to `return_to`, with the outcome in the fragment: `#signed_in`, `#linked`, `#reauthenticated`, `#second_factor`, `#second_factor_setup`, `#account_exists` (sign in to the account with this address within ten minutes, and the two are linked), `#email_required` (`POST /login/email` within ten minutes) or `#error=` and a code. If the browser has no attempt in progress, to `FRONTEND_URL` with `#error=state_missing`.',
  },
  requestIdentityCode: {
    takes: addressForm,
    ...says('An email with a code is on its way.'),
  },
  listIdentities: {
    status: 200,
    shape: z.array(identity),
    gives: (identities) => identities.map(showIdentity),
    description: 'The oldest first.',
  },
  removeIdentity: { status: 204, description: 'It is unlinked.' },
} satisfies Dialect['operations'];
