const NOON = new Date('2026-01-01T12:00:00.000Z');
const LATER = new Date('2026-04-01T12:00:00.000Z');
const KEY = {
  id: '019b7936-8a00-7000-8000-0123456789ab',
  name: 'Nightly export',
  scopes: ['orders:read'],
  expiresAt: LATER,
};

/** Results of the operations on API keys. */
/** @param sub the ID of the user. */
export const keySamples = (scheme: string, sub: string) => ({
  createKey: [{ ...KEY, key: 'tjk_7Xq2nBv9LkR4tYw8ZcF1hJ6mPsD3gUa5eNo0iKxQbWrTyVu2Zd1x9' }],
  listKeys: [[{ ...KEY, createdAt: NOON, lastUsedAt: NOON }]],
  exchangeKey: [
    { accessToken: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl', scheme, expiresIn: 600 },
  ],
  introspectToken: [
    {
      active: true as const,
      claims: {
        scope: 'orders:read',
        client_id: KEY.id,
        token_type: scheme,
        exp: LATER.getTime() / 1000,
        iat: NOON.getTime() / 1000,
        sub,
      },
    },
  ],
});

export const AUTHORIZATION_SERVER = {
  issuer: 'https://example.com',
  jwks_uri: 'https://example.com/.well-known/jwks.json',
  response_types_supported: [],
};
