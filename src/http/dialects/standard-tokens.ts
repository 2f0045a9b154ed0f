import { z } from 'zod';
import type { TokensAndUser, UserFacts } from '../payloads.js';
import { codesField, showCodes } from './standard-factors.js';

export const user = z
  .object({
    id: z.int(),
    email: z.string(),
    email_verified: z.boolean(),
    roles: z.array(z.string()),
    locale: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'User' });
/** Only accounts that sign in by username have no address. */
type ShownUser = Omit<z.infer<typeof user>, 'email'> & Pick<UserFacts, 'email'>;
export const showUser = (facts: UserFacts): ShownUser => ({
  id: facts.id,
  email: facts.email,
  email_verified: facts.emailVerified,
  roles: facts.roles,
  locale: facts.locale,
  created_at: facts.createdAt.toISOString(),
});

const tokenFields = {
  access_token: z.string().meta({ description: 'A JWT. Keep it in a private variable, never in storage.' }),
  token_type: z.string(),
  expires_in: z.int().meta({ description: 'Lifetime of the access token in seconds.' }),
  refresh_token: z.string().optional().meta({ description: 'Only with `REFRESH_TOKEN_IN=body` or `both`.' }),
};
export const tokens = z.object(tokenFields).meta({ id: 'Tokens' });
export const tokensAndUser = z.object({ ...tokenFields, user }).meta({ id: 'TokensAndUser' });
export const tokensAndCodes = z
  .object({ ...tokenFields, user, ...codesField })
  .meta({ id: 'TokensAndCodes' });
/** JSON omits undefined fields. */
export const showTokens = (result: TokensAndUser): z.infer<typeof tokens> => ({
  access_token: result.accessToken,
  token_type: result.scheme,
  expires_in: result.expiresIn,
  refresh_token: result.refreshToken,
});
export const showTokensAndUser = (result: TokensAndUser): z.infer<typeof tokens> & { user: ShownUser } => ({
  access_token: result.accessToken,
  token_type: result.scheme,
  expires_in: result.expiresIn,
  refresh_token: result.refreshToken,
  user: showUser(result.user),
});
export const showTokensAndCodes = (result: TokensAndUser) => ({
  ...showTokensAndUser(result),
  ...showCodes(result),
});
