import type { Options } from '../config/options.js';
import type { AuditFacts, ManagedUser, RoleFacts } from '../http/admin-payloads.js';
import type { InvitationFacts } from '../http/invitation-payloads.js';
import type { FactorsOverview, ListedSessionFacts, UserFacts } from '../http/payloads.js';
import { shownIdOf } from '../user-id.js';
import type { DeliveryFacts, WebhookFacts } from '../http/webhook-payloads.js';

const ADMIN_ID = '0f6d2c1a-97b4-4e38-8a15-d3c07e9b5f42';

/** Results of the operations of administrators. */
export function adminSamples(
  user: UserFacts,
  session: ListedSessionFacts,
  factors: FactorsOverview,
  token: string,
  options: Pick<Options, 'signInWith' | 'userId'>,
) {
  const shownId = shownIdOf(user, options);
  const managed: ManagedUser = {
    ...user,
    isActive: true,
    hasPassword: true,
    secondFactors: ['totp'],
    profile: null,
    lastLoginAt: user.createdAt,
  };
  const invitation: InvitationFacts = {
    id: '019b7936-8a00-7000-8000-0123456789ab',
    email: 'grace@example.com',
    roles: ['admin'],
    invitedBy: shownId,
    createdAt: user.createdAt,
    expiresAt: new Date(user.createdAt.getTime() + 7 * 86_400_000),
  };
  const created = {
    user: { ...user, id: 43, publicId: ADMIN_ID, email: null, username: 'grace', roles: [] },
    passwordLink: `https://id.example.com/reset-password#token=q3mJ0wq1Zk6o2c0b6m2y9A&uid=${options.userId === 'uuid' ? ADMIN_ID.replaceAll('-', '') : '17'}`,
    expiresIn: 86_400,
  };
  const event: AuditFacts = {
    id: '7',
    at: user.createdAt,
    event: 'roles_changed',
    outcome: 'success',
    reason: 'clerk',
    userId: shownId,
    sessionId: null,
    ip: session.ip,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    requestId: 'req-1',
    actor: `grace@example.com (user ${options.userId === 'uuid' ? ADMIN_ID : 1})`,
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
    createUser: options.signInWith === 'email' ? [invitation] : [created, invitation],
    listUsers: [{ items: [managed], next: String(shownId) }],
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
