import type { Options } from '../config/options.js';

type LinkOptions = Pick<Options, 'frontendUrl' | 'publicUrl' | 'port'>;

/** Where the pages are: set, or on this machine. Never asked of a request, whose Host header anybody may write. */
export const frontendOf = ({ frontendUrl, publicUrl, port }: LinkOptions): string =>
  frontendUrl ?? publicUrl ?? `http://localhost:${port}`;

/** What a link carries: a secret, and whose account it is for where its page has to know; 0 is yet to be made. */
interface LinkContent {
  key: string;
  userId?: number | undefined;
}

/**
 * The address of a page that an email leads to.
 *
 * @param template a path below the frontend, or a whole address. It may have the secret as `{key}` or `{token}`, and the
 * user as `{uid}`: the id in base 36, as django-allauth writes it.
 */
export function linkTo(options: LinkOptions, template: string, { key, userId = 0 }: LinkContent): string {
  const values: Record<string, string> = { key, token: key, uid: userId.toString(36) };
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  return filled.startsWith('/') ? frontendOf(options) + filled : filled;
}

/** The id that the `{uid}` of a link stands for; undefined for what stands for none. */
export const userIdIn = (uid: string): number | undefined =>
  /^[0-9a-z]{1,10}$/i.test(uid) ? parseInt(uid, 36) : undefined;
