import type { Options } from '../config/options.js';

type LinkOptions = Pick<Options, 'frontendUrl' | 'publicUrl' | 'port'>;

/** The address of the pages: from the settings, or this machine. Never from a request, whose Host header anyone can forge. */
export const frontendOf = ({ frontendUrl, publicUrl, port }: LinkOptions): string =>
  frontendUrl ?? publicUrl ?? `http://localhost:${port}`;

/** The values of a link: a secret, and the user if its page needs it; 0 if the account does not exist yet. */
interface LinkContent {
  key: string;
  userId?: number | string | undefined;
}

/**
 * The address of a page that an email links to.
 *
 * @param template a path below the frontend, or a full address. It can contain the secret as `{key}` or `{token}`, and the
 * user as `{uid}`: the ID in base 36, or a UUID without dashes, as django-allauth writes them.
 */
export function linkTo(options: LinkOptions, template: string, { key, userId = 0 }: LinkContent): string {
  const values: Record<string, string> = { key, token: key, uid: uidOf(userId) };
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  return filled.startsWith('/') ? frontendOf(options) + filled : filled;
}

const uidOf = (userId: number | string): string =>
  typeof userId === 'number' ? userId.toString(36) : userId.replaceAll('-', '');

/** The user in the `{uid}` of a link, in either form: `USER_ID` may have changed since. Undefined if it is invalid. */
export function ownerIn(uid: string): { userId: number } | { publicId: string } | undefined {
  if (/^[0-9a-f]{32}$/i.test(uid))
    return { publicId: uid.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
  return /^[0-9a-z]{1,10}$/i.test(uid) ? { userId: parseInt(uid, 36) } : undefined;
}
