import { Database } from '../database/database.js';
import { UserIds } from '../users/user-ids.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { CommandError } from './command-error.js';
import { onUser } from './on-user.js';
import { namesOf } from './show-user.js';

/** Deletes a user with everything of theirs, and ends all of their sessions. */
export const deleteUser = (name: string, isMeant: boolean, isJson: boolean, as?: string): Promise<string> =>
  onUser(name, as, async (user, application, operator) => {
    if (!isMeant) throw new CommandError(`${name}: would be deleted for good; --yes does it`);
    const ending = application.get(SessionEnding);
    const isDone = await application.get(Database).transaction((tx) => ending.deleteUser(user, tx, operator));
    if (!isDone) throw new CommandError(`${name}: has changed just now; try again`);
    if (isJson) return JSON.stringify({ ...namesOf(user, application.get(UserIds)), deleted: true });
    return 'The user is deleted, and all sessions have ended.';
  });
