import { z } from 'zod';
import type { Options } from '../../config/options.js';
import { shownAddress, shownUserId, shownUsername } from '../fields.js';
import type { TokensAndUser, UserFacts } from '../payloads.js';
import { shownIdOf } from '../../user-id.js';
import { codesField, showCodes } from './standard-factors.js';

export const user = z
  .object({
    id: shownUserId,
    email: shownAddress,
    username: shownUsername,
    email_verified: z.boolean(),
    roles: z.array(z.string()),
    locale: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'User' });
/** Without the username where nobody signs in with one. */
type ShownUser = Omit<z.infer<typeof user>, 'username'> & Partial<Pick<UserFacts, 'username'>>;
export const showUser = (facts: UserFacts, options: Options): ShownUser => ({
  ...facts.fieldsOfHost,
  id: shownIdOf(facts, options),
  email: facts.email,
  ...(options.signInWith !== 'email' && { username: facts.username }),
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
export const showTokensAndUser = (
  result: TokensAndUser,
  options: Options,
): z.infer<typeof tokens> & { user: ShownUser } => ({
  access_token: result.accessToken,
  token_type: result.scheme,
  expires_in: result.expiresIn,
  refresh_token: result.refreshToken,
  user: showUser(result.user, options),
});
export const showTokensAndCodes = (result: TokensAndUser, options: Options) => ({
  ...showTokensAndUser(result, options),
  ...showCodes(result),
});
