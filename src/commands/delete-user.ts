import { Database } from '../database/database.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { CommandError } from './command-error.js';
import { onUser } from './on-user.js';

/** Deletes a user with everything of theirs, and ends all of their sessions. */
export const deleteUser = (email: string, isMeant: boolean, isJson: boolean, as?: string): Promise<string> =>
  onUser(email, as, async (user, application, operator) => {
    if (!isMeant) throw new CommandError(`${email}: would be deleted for good; --yes does it`);
    const ending = application.get(SessionEnding);
    const isDone = await application.get(Database).transaction((tx) => ending.deleteUser(user, tx, operator));
    if (!isDone) throw new CommandError(`${email}: has changed just now; try again`);
    if (isJson) return JSON.stringify({ id: user.id, email, deleted: true });
    return 'The user is deleted, and all sessions have ended.';
  });
