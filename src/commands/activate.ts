import { Users } from '../users/users.js';
import { onUser } from './on-user.js';

/** Lets a deactivated user sign in again. */
export const activate = (name: string, as?: string): Promise<string> =>
  onUser(name, as, async ({ id }, application, operator) => {
    await application.get(Users).activate(id, operator);
    return 'The user is active.';
  });
