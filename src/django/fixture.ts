import { randomBytes } from 'node:crypto';

/** An account as it is here, as far as a Django site can take it. Times are ISO 8601. */
export interface FixtureAccount {
  id: number;
  email: string | null;
  emailVerified: boolean;
  /** The username, or what it is to be there. */
  username: string;
  passwordHash: string | null;
  isActive: boolean;
  roles: readonly string[];
  createdAt: string;
  lastLoginAt: string | null;
}

/** What the operator chooses. */
export interface FixtureChoices {
  /** Roles that are `is_staff` and `is_superuser` there. */
  staffRole?: string | undefined;
  superuserRole?: string | undefined;
  /** Whether allauth's table of addresses is written as well. */
  withAddresses?: boolean | undefined;
}

/** What Django's columns take. **Unit** characters. */
const LONGEST_PASSWORD = 128;
export const LONGEST_DJANGO_NAME = 150;

/** Formats that rest here as Django writes them. */
const DJANGO_FORMATS = /^(?:pbkdf2_sha(?:256|1)|scrypt|bcrypt_sha256|bcrypt|argon2)\$/;

/**
 * A stored password as Django's hashers read it: argon2id with the name of `Argon2PasswordHasher` before it, bcrypt with
 * that of `BCryptPasswordHasher`.
 *
 * @returns undefined for what no hasher of Django reads, such as hashes of other systems and wrapped ones. Pure.
 * **Source** Django, `contrib/auth/hashers.py`.
 */
export function djangoPassword(stored: string): string | undefined {
  const named = stored.startsWith('$argon2')
    ? `argon2${stored}`
    : /^\$2[aby]\$/.test(stored)
      ? `bcrypt$${stored}`
      : stored;
  return DJANGO_FORMATS.test(named) && named.length <= LONGEST_PASSWORD ? named : undefined;
}

/**
 * Of an account without a password: unusable, so that Django's form of forgotten passwords passes over it. Of one whose hash
 * cannot go: empty, with which nobody signs in either, but the form serves it.
 */
const passwordOf = (stored: string | null): string =>
  stored === null ? `!${randomBytes(30).toString('base64url')}` : (djangoPassword(stored) ?? '');

/** Groups are named, not numbered, so that those of the site keep their numbers. */
export const groupFixture = (name: string): object => ({
  model: 'auth.group',
  fields: { name, permissions: [] },
});

/** The objects of an account, as `loaddata` reads them. **Source** Django documentation, "Serializing Django objects". */
export function fixturesOf(account: FixtureAccount, choices: FixtureChoices): object[] {
  const { id, email, roles } = account;
  const { staffRole, superuserRole, withAddresses } = choices;
  const user = {
    model: 'auth.user',
    pk: id,
    fields: {
      password: passwordOf(account.passwordHash),
      last_login: account.lastLoginAt,
      is_superuser: superuserRole !== undefined && roles.includes(superuserRole),
      username: account.username,
      first_name: '',
      last_name: '',
      email: email ?? '',
      is_staff: staffRole !== undefined && roles.includes(staffRole),
      is_active: account.isActive,
      date_joined: account.createdAt,
      groups: groupsOf(roles, choices).map((name) => [name]),
      user_permissions: [],
    },
  };
  if (!withAddresses || email === null) return [user];
  const address = {
    model: 'account.emailaddress',
    pk: id,
    fields: { user: id, email, verified: account.emailVerified, primary: true },
  };
  return [user, address];
}

/** Roles that are groups there: not those that are a flag. */
export const groupsOf = (roles: readonly string[], { staffRole, superuserRole }: FixtureChoices): string[] =>
  roles.filter((role) => role !== staffRole && role !== superuserRole).sort();
