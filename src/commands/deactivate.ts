import { SessionEnding } from '../users/sessions/session-ending.js';
import { onUser } from './on-user.js';

/** Refuses a user from now on and ends all sessions; the account stays. */
export const deactivate = (email: string, as?: string): Promise<string> =>
  onUser(email, as, async ({ id }, application, operator) => {
    const wasActive = await application.get(SessionEnding).deactivateUser(id, operator);
    return wasActive ? 'The user is deactivated, all sessions have ended.' : 'The user was not active.';
  });
