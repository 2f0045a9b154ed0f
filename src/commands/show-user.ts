import type { User } from '../users/user.entity.js';
import { UserIds } from '../users/user-ids.js';
import { Sessions } from '../users/sessions/sessions.js';
import { onUser } from './on-user.js';

/** What a user is called, for scripts. */
export const namesOf = (user: User, ids: UserIds) => ({
  id: ids.shown(user),
  email: user.email,
  username: user.username,
});

/** What operators may know of a user: no hash, and nothing that signs in. */
export const factsOf = (user: User, ids: UserIds) => ({
  ...namesOf(user, ids),
  email_verified: user.emailVerified,
  active: user.isActive,
  roles: user.roles,
  second_factors: user.secondFactors,
  has_password: user.passwordHash !== null,
  locale: user.locale,
  created_at: user.createdAt.toISOString(),
  last_login_at: user.lastLoginAt?.toISOString() ?? null,
  ...(user.profile && { profile: user.profile }),
});

/** One user, one fact per line; as JSON for scripts. */
export const showUser = (name: string, isJson: boolean): Promise<string> =>
  onUser(name, undefined, async (user, application) => {
    const sessions = (await application.get(Sessions).list(user.id)).length;
    const facts = { ...factsOf(user, application.get(UserIds)), sessions };
    if (isJson) return JSON.stringify(facts);
    return Object.entries(facts)
      .map(([name, value]) => `${name.replaceAll('_', ' ').padEnd(15)} ${textOf(value)}`)
      .join('\n');
  });

const textOf = (value: object | string | number | boolean | null): string => {
  if (Array.isArray(value)) return value.join(', ') || '-';
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === null ? '-' : String(value);
};
