import type { Options } from '../config/options.js';

type LinkOptions = Pick<Options, 'frontendUrl' | 'publicUrl' | 'port'>;

/** Where the pages are: set, or on this machine. Never asked of a request, whose Host header anybody may write. */
export const frontendOf = ({ frontendUrl, publicUrl, port }: LinkOptions): string =>
  frontendUrl ?? publicUrl ?? `http://localhost:${port}`;

/**
 * The address of a page that an email leads to.
 *
 * @param template a path below the frontend, or a whole address, with `{names}` of values.
 */
export function linkTo(options: LinkOptions, template: string, values: Record<string, string>): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  return filled.startsWith('/') ? frontendOf(options) + filled : filled;
}
