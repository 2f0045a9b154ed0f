import type { Options } from '../config/options.js';
import type { AuditFacts, ManagedUser, RoleFacts } from '../http/admin-payloads.js';
import type { InvitationFacts } from '../http/invitation-payloads.js';
import type { FactorsOverview, ListedSessionFacts, UserFacts } from '../http/payloads.js';
import type { DeliveryFacts, WebhookFacts } from '../http/webhook-payloads.js';

/** Results of the operations of administrators. */
export function adminSamples(
  user: UserFacts,
  session: ListedSessionFacts,
  factors: FactorsOverview,
  token: string,
  { signInWith }: Pick<Options, 'signInWith'>,
) {
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
  const created = {
    user: { ...user, id: 43, email: null, username: 'grace', roles: [] },
    passwordLink: 'https://id.example.com/reset-password#token=q3mJ0wq1Zk6o2c0b6m2y9A&uid=17',
    expiresIn: 86_400,
  };
  const event: AuditFacts = {
    id: '7',
    at: user.createdAt,
    event: 'roles_changed',
    outcome: 'success',
    reason: 'clerk',
    userId: user.id,
    sessionId: null,
    ip: session.ip,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    requestId: 'req-1',
    actor: 'grace@example.com (user 1)',
    methods: null,
    count: 1,
  };
  const role: RoleFacts = {
    name: 'clerk',
    permissions: ['orders:read', 'orders:write'],
    description: 'at the desk',
  };
  const identity = {
    id: session.id,
    provider: 'google',
    subject: '110248495921238986420',
    email: user.email,
    createdAt: user.createdAt,
    lastUsedAt: user.createdAt,
  };
  const webhook: WebhookFacts = {
    id: invitation.id,
    url: 'https://hooks.example/tokenjar',
    events: ['registration', 'user_deleted'],
    createdAt: user.createdAt,
    disabledAt: null,
  };
  const delivery: DeliveryFacts = {
    id: '0193d2c4-5b5e-4e6a-8f0e-3f5a0c9d8e71',
    event: 'registration',
    eventId: 17,
    status: 'delivered',
    attempts: 1,
    createdAt: user.createdAt,
    nextAttemptAt: null,
    deliveredAt: user.createdAt,
    responseStatus: 204,
    error: null,
  };
  return {
    listWebhooks: [{ items: [webhook], next: webhook.id }],
    addWebhook: [{ ...webhook, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' }],
    listWebhookDeliveries: [{ items: [delivery], next: String(delivery.eventId) }],
    replayWebhookDelivery: [delivery],
    listInvitations: [{ items: [invitation], next: invitation.id }],
    createInvitation: [invitation],
    createUser: signInWith === 'email' ? [invitation] : [created, invitation],
    listUsers: [{ items: [managed], next: String(user.id) }],
    getManagedUser: [managed],
    updateManagedUser: [managed],
    makePasswordLink: [{ link: created.passwordLink, expiresIn: created.expiresIn }],
    listUserSessions: [{ items: [session], next: undefined }],
    listUserFactors: [factors],
    listUserIdentities: [[identity]],
    listUserActivity: [{ items: [event], next: event.id }],
    impersonateUser: [{ accessToken: token, scheme: 'Bearer', expiresIn: 3600 }],
    listRoles: [[role]],
    setRole: [role],
    listAudit: [{ items: [event], next: event.id }],
  };
}
