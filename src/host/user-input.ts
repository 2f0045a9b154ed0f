import { z } from 'zod';
import type { Profile } from '../hooks/hooks.js';
import { emailField, localeField, passwordField, usernameField } from '../http/fields.js';

const flag = z.boolean('This field must be true or false.');
const roles = z.array(z.string(), 'This field must be a list of roles.');

/** A user whom a host creates. */
export interface NewUser {
  /** In any form. A user has an address, a username, or both, as `SIGN_IN_WITH` demands. */
  email?: string | null | undefined;
  username?: string | undefined;
  /** By the rules of every new password. Without one the user needs `TokenjarUsers.sendPasswordReset`, or another way to sign in. */
  password?: string | undefined;
  /** Existing ones. */
  roles?: readonly string[] | undefined;
  /** Whether the host knows that the address is theirs. Default false. */
  emailVerified?: boolean | undefined;
  /** The fields of the host's own schema, which judges them. */
  profile?: Profile | undefined;
}

/** What a host changes of a user; the rest stays. */
export interface UserUpdate {
  /** Another address. It is not verified unless `emailVerified` says so. */
  email?: string | undefined;
  username?: string | undefined;
  emailVerified?: boolean | undefined;
  /** **Shape** BCP 47 tag, such as `en` or `pt-BR`; null for that of the browser. */
  locale?: string | null | undefined;
  roles?: readonly string[] | undefined;
  isActive?: boolean | undefined;
}

export const newUser = z.strictObject({
  email: emailField.nullish(),
  username: usernameField.optional(),
  password: passwordField.optional(),
  roles: roles.optional(),
  emailVerified: flag.optional(),
  profile: z.record(z.string(), z.unknown()).optional(),
});

export const userUpdate = z.strictObject({
  email: emailField.optional(),
  username: usernameField.optional(),
  emailVerified: flag.optional(),
  locale: localeField.nullish(),
  roles: roles.optional(),
  isActive: flag.optional(),
});

export const newPassword = z.strictObject({ password: passwordField });
