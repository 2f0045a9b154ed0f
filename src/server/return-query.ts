import type { Options } from '../config/options.js';
import { returnAddress } from '../providers/return-to.js';

/**
 * Where a request for the account page with `return_to` belongs: the page follows its address after a sign-in, so it is
 * only shown with one that is allowed, written as one address of the web. Everything else is sent there first, and so
 * there is one reader of it.
 *
 * @param url of the request. @returns a relative address; undefined if the page can be shown. **Source** RFC 9700 §4.11.
 */
export function withCheckedReturn(
  url: string,
  options: Pick<Options, 'frontendUrl' | 'publicUrl' | 'port' | 'trustedOrigins'>,
): string | undefined {
  const query = url.split('?').slice(1).join('?');
  const asked = new URLSearchParams(query).getAll('return_to');
  const [only = ''] = asked;
  if (asked.length === 0) return undefined;
  const address = asked.length === 1 ? returnAddress(only, options) : undefined;
  if (address === undefined) return '?#error=return_to_refused';
  const checked = `return_to=${encodeURIComponent(address)}`;
  return query === checked ? undefined : `?${checked}`;
}
