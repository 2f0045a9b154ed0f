import { nameOf } from '../names.ts';
import type { Text } from '../text/en.ts';
import type { ManagedUser } from './api.ts';
import type { Words } from './text.ts';

/** What a user is called; an account that was imported without any name has an ID. */
export const calledIn = (user: ManagedUser, words: Words): string => nameOf(user) || words.user(user.id);

/** Whether the address is verified, or that there is none. */
export function addressState({ email, email_verified }: ManagedUser, text: Text, words: Words): string {
  if (email === null) return words.noAddress;
  return email_verified ? text.verified : text.unverified;
}
