import type { Options } from './options.js';

/** The path below which Tokenjar is served: `/accounts`, or empty. */
export const mountOf = ({ publicUrl }: Pick<Options, 'publicUrl'>): string =>
  publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');

/** The path for our router, whether the proxy removed the mount or passed it on. */
export function withoutMount(url: string, mount: string): string {
  if (mount === '' || !url.startsWith(mount)) return url;
  const rest = url.slice(mount.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}
