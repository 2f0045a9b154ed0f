import { Database } from '../database/database.js';
import { CommandError } from './command-error.js';
import { asJson, LinksModule, passwordLinkFor, saidOf } from './links.js';
import { onUser } from './on-user.js';

/** Makes a link that sets a new password. */
export const passwordLink = (email: string, isJson: boolean, as?: string): Promise<string> =>
  onUser(
    email,
    as,
    async (user, application, operator) => {
      if (!user.isActive) throw new CommandError(`${email} is deactivated.`);
      const link = await passwordLinkFor(user, application, application.get(Database), operator);
      return isJson ? asJson({ id: user.id, email: user.email }, link) : saidOf(link);
    },
    [LinksModule],
  );
