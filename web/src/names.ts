import type { Account } from './auth.ts';
import { settings } from './settings.ts';

type Names = Pick<Account, 'email' | 'username'>;

/** What an account is called. In the Django dialects an empty text stands for none. */
export const nameOf = ({ email, username }: Names): string => email || username || '';

/** What its user signs in with, for password managers. */
export const signInNameOf = (user: Names): string =>
  (settings.signInWith === 'username' && user.username) || nameOf(user);

/** How somebody is greeted. */
export const shortNameOf = ({ email, username }: Names): string => username || (email?.split('@')[0] ?? '');

/** Whose account it is, whatever it is called. */
export const idOf = (user: Account | null | undefined): number | string | undefined => user?.id ?? user?.pk;

/** The names that somebody has entered in a form. */
export function namesIn({ email, username }: Record<string, string>): {
  email: string;
  username?: string;
} {
  const names = { ...(email && { email }), ...(username && { username }) };
  // The server says which of them it needs.
  return names as { email: string };
}
