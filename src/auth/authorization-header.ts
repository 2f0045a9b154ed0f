import { TokenjarError } from '../errors.js';
import type { Options } from '../config/options.js';

/**
 * The token of an Authorization header; null if it is missing or has another scheme.
 *
 * **Errors** `bad_authorization_header`. **Source** RFC 9110 §11.4: schemes are case-insensitive.
 */
export function readAuthorization(
  header: string | undefined,
  { authHeaderTypes, tokenFormat }: Pick<Options, 'authHeaderTypes' | 'tokenFormat'>,
): string | null {
  const [scheme = '', ...rest] = (header ?? '').trim().split(/\s+/);
  // Only simplejwt compares the scheme case-sensitively.
  const fold = (word: string) => (tokenFormat === 'simplejwt' ? word : word.toLowerCase());
  if (!authHeaderTypes.some((ours) => fold(ours) === fold(scheme))) return null;
  const [token] = rest;
  if (token === undefined || rest.length !== 1) throw new TokenjarError('bad_authorization_header');
  return token;
}
