import type { TokensAndUser } from '../http/payloads.js';

const ADDRESS = {
  url: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=tokenjar&response_type=code',
};
const NOON = new Date('2026-01-01T12:00:00.000Z');
const IDENTITY = {
  id: '019b7936-8a00-7000-8000-0123456789ab',
  provider: 'google',
  subject: '110169484474386276334',
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  createdAt: NOON,
  lastUsedAt: NOON,
};

/** Results of the operations on providers. */
export const providerSamples = (signedIn: TokensAndUser) => ({
  listProviders: [[{ id: 'google', name: 'Google' }]],
  startProvider: [ADDRESS],
  createProviderNonce: [{ nonce: 'Vd8PZf4Wk2', expiresIn: 600 }],
  idTokenLogin: [signedIn],
  providerCodeLogin: [signedIn],
  requestIdentityCode: [{ loginToken: 'q3mJ0wq1Zk6o2c0b6m2y9A' }],
  listIdentities: [[IDENTITY]],
  beginSocialLogin: [ADDRESS],
  socialLogin: [signedIn],
  beginSocialConnect: [ADDRESS],
  socialConnect: [signedIn],
  listSocialAccounts: [[IDENTITY]],
  disconnectSocialAccount: [IDENTITY],
});
