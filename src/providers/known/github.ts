import { z } from 'zod';
import { addressIn } from '../address-in.js';
import type { ProviderKind } from '../provider.js';

const GITHUB = 'https://github.com';

const user = z.object({ id: z.int().positive() });
const emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

const apiOf = (issuer: string): string => (issuer === GITHUB ? 'https://api.github.com' : `${issuer}/api/v3`);

/**
 * GitHub, or GitHub Enterprise Server at `GITHUB_ISSUER`: OAuth 2.0 without OpenID, so there is neither an ID token nor
 * a nonce. The numeric ID stays when an account is renamed.
 *
 * **Source** docs.github.com: Authorizing OAuth apps; REST API, users and emails.
 */
export const github: ProviderKind = {
  name: 'GitHub',
  issuer: GITHUB,
  scopes: 'read:user user:email',
  isOpenId: false,
  metadata: (issuer) => ({
    issuer,
    authorization_endpoint: `${issuer}/login/oauth/authorize`,
    token_endpoint: `${issuer}/login/oauth/access_token`,
  }),
  async read({ get }, issuer) {
    if (!get) throw new TypeError('there is no access token');
    const { id } = user.parse(await get(`${apiOf(issuer)}/user`));
    const list = emails.parse(await get(`${apiOf(issuer)}/user/emails`));
    const primary = list.find((each) => each.primary);
    return {
      issuer,
      subject: String(id),
      email: addressIn(primary?.email),
      isEmailVerified: primary?.verified === true,
    };
  },
};
