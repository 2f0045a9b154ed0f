import type { ProviderKind } from '../provider.js';
import { openid } from './openid.js';

/**
 * Its documentation allows both forms of the issuer.
 *
 * **Source** developers.google.com/identity/openid-connect: `email_verified` is true for addresses that Google hosts
 * and for others that their user confirmed.
 */
export const google: ProviderKind = {
  ...openid,
  name: 'Google',
  issuer: 'https://accounts.google.com',
  issuerAliases: ['accounts.google.com'],
  // A browser may have several accounts; without it, Google takes the one that is signed in.
  parameters: { prompt: 'select_account' },
  // It does not know `prompt=login`.
  reauthentication: { max_age: '0' },
};
