import { z } from 'zod';
import { isPermission, LONGEST_SCOPE, permissionsIn } from '../../tokens/scope.js';
import { textField } from '../fields.js';
import type { ListedKey } from '../key-payloads.js';
import type { Dialect } from './dialect.js';

const KEY = 'tjk_7Xq2nBv9LkR4tYw8ZcF1hJ6mPsD3gUa5eNo0iKxQbWrTyVu2Zd1x9';

/** Each is a permission, without spaces. A form may also name them in one field, separated by spaces. */
const scopesField = z
  .union(
    [z.array(z.string()), z.string().transform((text) => text.split(' ').filter((each) => each !== ''))],
    'This field must be a list of permissions.',
  )
  .refine((scopes) => scopes.every(isPermission), 'These must be permissions without spaces.')
  .refine((scopes) => scopes.join(' ').length <= LONGEST_SCOPE, 'These are too many permissions.')
  .transform((scopes) => permissionsIn(scopes.join(' ')))
  .default([])
  .meta({
    description: 'Some of your permissions. Without one, the key only identifies you.',
  });

const secondsField = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^\d{1,10}$/)
        .transform(Number),
    ],
    'This field must be a whole number.',
  )
  .refine(
    (seconds) => Number.isInteger(seconds) && seconds > 0,
    'This field must be a positive whole number.',
  )
  .optional()
  .meta({
    type: 'integer',
    description: 'Lifetime in seconds. Default `API_KEY_LIFETIME`, at most `API_KEY_MAX_LIFETIME`.',
  });

const newKey = z
  .object({ name: textField(100), scopes: scopesField, expires_in: secondsField })
  .transform(({ name, scopes, expires_in }) => ({ name, scopes, expiresIn: expires_in }))
  .meta({ id: 'NewApiKey', examples: [{ name: 'Nightly export', scopes: [], expires_in: 2_592_000 }] });

const keyFields = {
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.string()).meta({
    description: 'What it may do at most. It never may more than its owner may now.',
  }),
};
const createdKey = z
  .object({
    key: z.string().meta({ description: 'Shown once. Send it as `Authorization: Bearer`.', examples: [KEY] }),
    ...keyFields,
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'CreatedApiKey' });
const apiKey = z
  .object({
    ...keyFields,
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().meta({ description: 'In steps of 15 minutes.' }),
  })
  .meta({ id: 'ApiKey' });
const showKey = ({ id, name, scopes, ...times }: ListedKey): z.infer<typeof apiKey> => ({
  id,
  name,
  scopes: [...scopes],
  created_at: times.createdAt.toISOString(),
  expires_at: times.expiresAt.toISOString(),
  last_used_at: times.lastUsedAt?.toISOString() ?? null,
});

const exchanged = z
  .object({
    access_token: z.string(),
    token_type: z.string(),
    expires_in: z.int().meta({ description: 'Lifetime of the access token in seconds.' }),
  })
  .meta({ id: 'ExchangedToken' });

const presentedToken = z
  .object({
    token: textField(8192),
    token_type_hint: z.unknown().optional().meta({ type: 'string', description: 'Accepted and not needed.' }),
  })
  .transform(({ token }) => ({ token }))
  .meta({ id: 'PresentedToken', examples: [{ token: KEY }] });
const introspection = z
  .looseObject({
    active: z.boolean(),
    scope: z.string().optional().meta({ description: 'Permissions, separated by spaces.' }),
    client_id: z.string().optional().meta({ description: 'The ID of the API key, if it is from one.' }),
    token_type: z.string().optional(),
    exp: z.int().optional(),
    iat: z.int().optional(),
    sub: z.string().optional().meta({ description: 'The ID of the user.' }),
    aud: z.union([z.string(), z.array(z.string())]).optional(),
    iss: z.string().optional(),
    jti: z.string().optional(),
  })
  .meta({
    id: 'Introspection',
    description:
      'RFC 7662 §2.2, with all claims of the token. Of a token that is not active nothing but that is said.',
  });

/** The operations on API keys, and those of other services, the same in every dialect. */
export const keyOperations = {
  createKey: {
    takes: newKey,
    status: 201,
    shape: createdKey,
    gives: ({ key, id, name, scopes, expiresAt }): z.infer<typeof createdKey> => ({
      key,
      id,
      name,
      scopes: [...scopes],
      expires_at: expiresAt.toISOString(),
    }),
    description: 'The API key.',
  },
  listKeys: {
    status: 200,
    shape: z.array(apiKey),
    gives: (keys) => keys.map(showKey),
    description: 'Your API keys, newest first; expired ones for 30 days.',
  },
  revokeKey: { status: 204, description: 'The API key, and access tokens from it, no longer work.' },
  exchangeKey: {
    status: 200,
    shape: exchanged,
    gives: ({ accessToken, scheme, expiresIn }): z.infer<typeof exchanged> => ({
      access_token: accessToken,
      token_type: scheme,
      expires_in: expiresIn,
    }),
    description: 'An access token with the permissions of the key. There is no refresh token and no session.',
  },
  introspectToken: {
    takes: presentedToken,
    status: 200,
    shape: introspection,
    gives: (result): z.infer<typeof introspection> =>
      result.active ? { ...result.claims, active: true } : { active: false },
    description: 'Whether the token is active.',
  },
  revokeToken: {
    takes: presentedToken,
    status: 200,
    description: 'The token is not active any more, if it ever was.',
  },
} satisfies Dialect['operations'];

/** In the words of OAuth everywhere: programs read it, and not our clients. */
export const exchangeOperation = { exchangeKey: keyOperations.exchangeKey };
