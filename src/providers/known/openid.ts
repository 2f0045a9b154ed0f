import { z } from 'zod';
import { addressIn } from '../address-in.js';
import { nameIn } from '../name-in.js';
import type { ProviderAnswers, ProviderKind } from '../provider.js';

const subjectClaims = z.object({ iss: z.string(), sub: z.string().min(1) });

/** Apple writes booleans as text. */
const isTrue = (value: unknown): boolean => value === true || value === 'true';

/**
 * Any OpenID provider. The address is that of the ID token, otherwise that of the userinfo endpoint, and counts as
 * verified if `email_verified` beside it says so.
 *
 * **Source** OpenID Connect Core §5.1, §5.4.
 */
export const openid: Omit<ProviderKind, 'name'> = {
  issuer: undefined,
  scopes: 'openid email',
  isOpenId: true,
  async read(answers: ProviderAnswers) {
    const { iss: issuer, sub: subject } = subjectClaims.parse(answers.claims);
    const isInToken = typeof answers.claims?.email === 'string';
    const claims = isInToken ? answers.claims : await answers.userInfo();
    return {
      issuer,
      subject,
      email: addressIn(claims?.email),
      isEmailVerified: isTrue(claims?.email_verified),
      name: nameIn(claims?.name),
    };
  },
};
