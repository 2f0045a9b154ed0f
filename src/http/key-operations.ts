import { SERVICE } from './operation-errors.js';
import { operation } from './operation-row.js';
import type {
  CreatedKey,
  ExchangedToken,
  Introspection,
  ListedKey,
  NewKeyInput,
  PresentedToken,
} from './key-payloads.js';

/** The rows of {@link OPERATIONS} about API keys, and those for other services, which have one. */
export const KEY_OPERATIONS = {
  createKey: operation<NewKeyInput, CreatedKey>('POST /keys', 'Make an API key; it is shown once', {
    tag: 'api_key',
    access: 'access_token',
    fresh: 'always',
    switch: 'apiKeys',
    errors: ['invalid_scope', 'user_inactive', 'api_key_limit_reached'],
  }),
  listKeys: operation<undefined, ListedKey[]>('GET /keys', 'List your API keys', {
    tag: 'api_key',
    access: 'access_token',
    switch: 'apiKeys',
  }),
  revokeKey: operation('DELETE /keys/:id', 'Revoke one of your API keys', {
    tag: 'api_key',
    access: 'access_token',
    switch: 'apiKeys',
    params: { id: 'ID of the API key.' },
    errors: ['api_key_not_found'],
  }),
  exchangeKey: operation<undefined, ExchangedToken>(
    'POST /keys/token',
    'Exchange an API key for a short-lived access token, which other services can verify by its signature',
    { tag: 'api_key', access: 'access_token', keys: 'only', switch: 'apiKeys', errors: ['rate_limited'] },
  ),
  introspectToken: operation<PresentedToken, Introspection>(
    'POST /introspect',
    'For other services: whether a token is active now, and what it says (RFC 7662)',
    { tag: 'api_key', access: 'service', switch: 'apiKeys', errors: SERVICE },
  ),
  revokeToken: operation<PresentedToken>(
    'POST /revoke',
    'For other services: revoke a token, and end its session (RFC 7009)',
    { tag: 'api_key', access: 'service', switch: 'apiKeys', errors: SERVICE },
  ),
};
