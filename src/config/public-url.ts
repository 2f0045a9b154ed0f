import type { Options } from './options.js';

type PlaceOptions = Pick<Options, 'publicUrl' | 'pathPrefix' | 'cookiePath' | 'providers'>;

/** The path below which Tokenjar is served: `/accounts`, or empty. */
export const mountOf = ({ publicUrl }: Pick<Options, 'publicUrl'>): string =>
  publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');

/**
 * What is wrong with where browsers find us.
 *
 * @param prefix what the app of a host puts before our routes. **Shape** `/api`, or empty.
 */
export function placeProblems(
  { publicUrl, pathPrefix, cookiePath, providers }: PlaceOptions,
  prefix = '',
): string[] {
  const problems: string[] = [];
  // Whatever a proxy adds or removes: the address says what browsers see.
  const mount = publicUrl === undefined ? prefix : mountOf({ publicUrl });
  const api = `${mount}/${pathPrefix}`;
  const path = cookiePath.replace(/\/$/, '');
  if (api !== path && !api.startsWith(`${path}/`))
    problems.push(
      `COOKIE_PATH: ${cookiePath} does not cover the API at ${api}, so refreshes would never receive the cookie${publicUrl === undefined ? '; where a proxy removes a path, PUBLIC_URL has to say so' : ''}`,
    );
  if (prefix !== '' && publicUrl === undefined && providers.length > 0)
    problems.push(
      `PUBLIC_URL: is required with PROVIDERS and the global prefix ${prefix}, in which it ends: providers send users back to an address below it`,
    );
  return problems;
}

/** Where the metadata of an issuer are found whose address has a path: before it. **Source** RFC 8414 §3.1. */
const METADATA = '/.well-known/oauth-authorization-server';

/** The path for our router, whether the proxy removed the mount or passed it on. */
export function withoutMount(url: string, mount: string): string {
  if (mount === '') return url;
  if (url === `${METADATA}${mount}` || url === `${METADATA}${mount}/`) return METADATA;
  if (!url.startsWith(mount)) return url;
  const rest = url.slice(mount.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}
