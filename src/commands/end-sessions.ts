import { SessionEnding } from '../users/sessions/session-ending.js';
import { onUser } from './on-user.js';

/** Ends all sessions of a user, on every instance within a second. */
export const endSessions = (name: string, as?: string): Promise<string> =>
  onUser(name, as, async ({ id }, application, operator) => {
    const hadSome = await application.get(SessionEnding).endAll(id, 'ended_by_operator', undefined, operator);
    return hadSome ? 'All sessions have ended.' : 'There were no sessions.';
  });
