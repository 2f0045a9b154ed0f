import { z } from 'zod';
import { addressIn } from '../address-in.js';
import type { ProviderKind } from '../provider.js';
import { openid } from './openid.js';

const claims = z.object({ iss: z.string(), sub: z.string().min(1) });
const me = z.object({
  id: z.int().optional(),
  kakao_account: z
    .object({
      email: z.string().optional(),
      is_email_valid: z.boolean().optional(),
      is_email_verified: z.boolean().optional(),
    })
    .optional(),
});

/**
 * Kakao: OpenID, which has to be switched on in its console. Its ID tokens do not say whether the address is verified;
 * `/v2/user/me` does. Apps of individuals get no address, and have to ask for less: `KAKAO_SCOPES=openid`.
 *
 * **Source** developers.kakao.com: Kakao Login, REST API (OpenID Connect; Retrieve user information).
 */
export const kakao: ProviderKind = {
  ...openid,
  name: 'Kakao',
  issuer: 'https://kauth.kakao.com',
  scopes: 'openid account_email',
  async read(answers) {
    const { iss: issuer, sub: subject } = claims.parse(answers.claims);
    const { id, kakao_account: account } = me.parse(
      // An app that has only an ID token: its address is not known to be verified.
      (await answers.get?.('https://kapi.kakao.com/v2/user/me')) ?? {},
    );
    if (id !== undefined && String(id) !== subject)
      throw new Error('the user is not the subject of the token');
    return {
      issuer,
      subject,
      email: addressIn(account?.email),
      isEmailVerified: account?.is_email_valid === true && account.is_email_verified === true,
    };
  },
};
