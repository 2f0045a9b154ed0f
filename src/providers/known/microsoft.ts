import { z } from 'zod';
import { addressIn } from '../address-in.js';
import type { ProviderKind } from '../provider.js';
import { openid } from './openid.js';

const claims = z.object({
  iss: z.string(),
  sub: z.string().min(1),
  email: z.unknown().optional(),
  xms_edov: z.unknown().optional(),
});

/** As it was seen in tokens: a boolean, a number, or either of them as text. */
const IS_TRUE: readonly unknown[] = [true, 1, 'true', '1'];

/**
 * Microsoft: personal, work and school accounts; `MICROSOFT_ISSUER` limits it to one kind or one tenant. The
 * administrator of a tenant can enter any address, so one only counts if the optional claim `xms_edov` says that its
 * domain belongs to the tenant ("nOAuth").
 *
 * **Source** learn.microsoft.com: Optional claims reference; Migrate away from using email claims for authorization.
 */
export const microsoft: ProviderKind = {
  ...openid,
  name: 'Microsoft',
  issuer: 'https://login.microsoftonline.com/common/v2.0',
  scopes: 'openid email profile',
  parameters: { prompt: 'select_account' },
  read(answers) {
    const { iss: issuer, sub: subject, email, xms_edov: isOwned } = claims.parse(answers.claims);
    const isEmailVerified = IS_TRUE.includes(isOwned);
    return Promise.resolve({ issuer, subject, email: addressIn(email), isEmailVerified });
  },
};
