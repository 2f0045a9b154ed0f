import { Users } from '../users/users.js';
import type { User } from '../users/user.entity.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import { Sessions } from '../users/sessions/sessions.js';
import { inApplication } from './application.js';
import { onUser } from './on-user.js';

/** What operators may know of a user: no hash, and nothing that signs in. */
const factsOf = (user: User) => ({
  id: user.id,
  email: user.email,
  email_verified: user.emailVerified,
  active: user.isActive,
  roles: user.roles,
  second_factors: user.secondFactors,
  has_password: user.passwordHash !== null,
  locale: user.locale,
  created_at: user.createdAt.toISOString(),
  last_login_at: user.lastLoginAt?.toISOString() ?? null,
});

/** One user, one fact per line; as JSON for scripts. */
export const showUser = (email: string, isJson: boolean): Promise<string> =>
  onUser(email, undefined, async (user, application) => {
    const sessions = (await application.get(Sessions).list(user.id)).length;
    const facts = { ...factsOf(user), sessions };
    if (isJson) return JSON.stringify(facts);
    return Object.entries(facts)
      .map(([name, value]) => `${name.replaceAll('_', ' ').padEnd(15)} ${textOf(value)}`)
      .join('\n');
  });

const textOf = (value: readonly string[] | string | number | boolean | null): string => {
  if (typeof value === 'object' && value !== null) return value.join(', ') || '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === null ? '-' : String(value);
};

/** How many users one query reads. */
const PAGE = 1000;

/**
 * Writes all users, oldest first, one per line, however many there are; as JSON for scripts, one object per line.
 *
 * @param role only those who have it.
 */
export const listUsers = (
  role: string | undefined,
  isJson: boolean,
  write: (line: string) => void,
): Promise<void> =>
  inApplication([UserRecordsModule], async (application) => {
    const users = application.get(Users);
    let after = 0;
    for (;;) {
      const page = await users.page(after, PAGE, role);
      for (const user of page) write(isJson ? JSON.stringify(factsOf(user)) : lineOf(user));
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      after = last.id;
    }
  });

const lineOf = ({ id, email, isActive, roles }: User): string =>
  [id, email, ...(isActive ? [] : ['(deactivated)']), ...(roles.length > 0 ? [roles.join(',')] : [])].join(
    '\t',
  );
