import { TokenjarError } from '../errors.js';
import type { Options } from '../config/options.js';

/**
 * The token of an Authorization header, or null where there is none or one of a scheme that is not ours.
 *
 * **Errors** `bad_authorization_header`. **Source** RFC 9110 §11.4: the scheme is whatever its case.
 */
export function readAuthorization(
  header: string | undefined,
  { authHeaderTypes, tokenFormat }: Pick<Options, 'authHeaderTypes' | 'tokenFormat'>,
): string | null {
  const [scheme = '', ...rest] = (header ?? '').trim().split(/\s+/);
  // simplejwt alone takes the scheme by its case.
  const fold = (word: string) => (tokenFormat === 'simplejwt' ? word : word.toLowerCase());
  if (!authHeaderTypes.some((ours) => fold(ours) === fold(scheme))) return null;
  const [token] = rest;
  if (token === undefined || rest.length !== 1) throw new TokenjarError('bad_authorization_header');
  return token;
}
