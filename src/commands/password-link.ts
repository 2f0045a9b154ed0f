import { Database } from '../database/database.js';
import { UserIds } from '../users/user-ids.js';
import { CommandError } from './command-error.js';
import { asJson, LinksModule, linkFor, saidOf } from './links.js';
import { onUser } from './on-user.js';
import { namesOf } from './show-user.js';

/** Makes a link that sets a new password. */
export const passwordLink = (name: string, isJson: boolean, as?: string): Promise<string> =>
  onUser(
    name,
    as,
    async (user, application, operator) => {
      if (!user.isActive) throw new CommandError(`${name} is deactivated.`);
      const link = await linkFor(user, application, application.get(Database), operator);
      return isJson ? asJson(namesOf(user, application.get(UserIds)), link) : saidOf(link);
    },
    [LinksModule],
  );
