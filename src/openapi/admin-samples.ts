import type { ManagedUser } from '../http/admin-payloads.js';
import type { InvitationFacts } from '../http/invitation-payloads.js';
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
  const invitation: InvitationFacts = {
    id: '019b7936-8a00-7000-8000-0123456789ab',
    email: 'grace@example.com',
    roles: ['admin'],
    invitedBy: user.id,
    createdAt: user.createdAt,
    expiresAt: new Date(user.createdAt.getTime() + 7 * 86_400_000),
  };
  return {
    listInvitations: [{ items: [invitation], next: invitation.id }],
    createInvitation: [invitation],
    listUsers: [{ items: [managed], next: String(user.id) }],
  };
}
