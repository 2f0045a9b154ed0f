import type { Options } from './options.js';

/** Below which path Tokenjar is reached: `/accounts`, or nothing. */
export const mountOf = ({ publicUrl }: Pick<Options, 'publicUrl'>): string =>
  publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');

/** The path as our router knows it, whether the proxy took the mount away or passed it on. */
export function withoutMount(url: string, mount: string): string {
  if (mount === '' || !url.startsWith(mount)) return url;
  const rest = url.slice(mount.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}
