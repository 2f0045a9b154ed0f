import { z } from 'zod';
import { addressIn } from '../address-in.js';
import type { ProviderKind } from '../provider.js';
import { openid } from './openid.js';

const claims = z.object({ iss: z.string(), sub: z.string().min(1) });
const me = z.object({ resultcode: z.literal('00'), response: z.object({ email: z.string().optional() }) });

/**
 * Naver: OpenID, but its user endpoint has a form of its own. It never says that an address is verified, so the user
 * confirms one by a code.
 *
 * **Source** developers.naver.com: Naver Login, API reference.
 */
export const naver: ProviderKind = {
  ...openid,
  name: 'Naver',
  issuer: 'https://nid.naver.com',
  scopes: 'openid profile',
  async read(answers) {
    const { iss: issuer, sub: subject } = claims.parse(answers.claims);
    const said = answers.get && me.parse(await answers.get('https://openapi.naver.com/v1/nid/me'));
    return { issuer, subject, email: addressIn(said?.response.email), isEmailVerified: false };
  },
};
