import { SessionEnding } from '../users/sessions/session-ending.js';
import { onUser } from './on-user.js';

/** Deactivates a user and ends all of their sessions; the account is kept. */
export const deactivate = (name: string, as?: string): Promise<string> =>
  onUser(name, as, async ({ id }, application, operator) => {
    const wasActive = await application.get(SessionEnding).deactivateUser(id, operator);
    return wasActive ? 'The user is deactivated, and all sessions have ended.' : 'The user was not active.';
  });
