import type { ManagedUser } from '../http/admin-payloads.js';
import type { UserFacts } from '../http/payloads.js';

/** Results of the operations of administrators. */
export function adminSamples(user: UserFacts) {
  const managed: ManagedUser = {
    ...user,
    isActive: true,
    hasPassword: true,
    secondFactors: ['totp'],
    lastLoginAt: user.createdAt,
  };
  return {
    listUsers: [{ items: [managed], next: String(user.id) }],
  };
}
