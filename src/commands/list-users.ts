import type { User } from '../users/user.entity.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import { UserIds } from '../users/user-ids.js';
import { Users } from '../users/users.js';
import { inApplication } from './application.js';
import { factsOf } from './show-user.js';

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
    const ids = application.get(UserIds);
    let after = 0;
    for (;;) {
      const page = await users.page(after, PAGE, role);
      for (const user of page) write(isJson ? JSON.stringify(factsOf(user, ids)) : lineOf(user, ids));
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      after = last.id;
    }
  });

const lineOf = ({ isActive, roles, ...user }: User, ids: UserIds): string =>
  [
    ids.shown(user),
    namesOf(user, ids),
    ...(isActive ? [] : ['(deactivated)']),
    ...(roles.length > 0 ? [roles.join(',')] : []),
  ].join('\t');

/** The address, and the username in brackets; or the only one that there is. */
const namesOf = (user: Pick<User, 'id' | 'publicId' | 'email' | 'username'>, ids: UserIds): string =>
  user.email !== null && user.username !== null ? `${user.email} (${user.username})` : ids.nameOf(user);
