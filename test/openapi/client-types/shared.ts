import type { EventName } from '../../../src/events.js';

interface ManagedUser {
  id: number;
  email: string;
  email_verified: boolean;
  roles: string[];
  locale: string | null;
  created_at: string;
  active: boolean;
  has_password: boolean;
  second_factors: string[];
  last_login_at: string | null;
}

interface Delivery {
  id: string;
  event: string;
  event_id: number;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  created_at: string;
  next_attempt_at: string | null;
  delivered_at: string | null;
  response_status: number | null;
  error: string | null;
}

interface Invitation {
  id: string;
  email: string;
  roles: string[];
  invited_by: number | null;
  created_at: string;
  expires_at: string;
}

interface AuditEvent {
  id: string;
  at: string;
  event: string;
  outcome: 'success' | 'failure';
  reason: string | null;
  user_id: number | null;
  session_id: string | null;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
  actor: string | null;
  methods: string[] | null;
  count: number;
}

interface Role {
  name: string;
  permissions: string[];
  description: string | null;
}

/** What is in the standard words in every dialect: administration, API keys, and what other services ask. */
export interface SharedBodies {
  createInvitation: { email: string; roles?: string[] };
  createUser: { email: string; roles?: string[] };
  impersonateUser: { reason: string };
  updateManagedUser: { roles?: string[]; active?: boolean; email_verified?: boolean; locale?: string | null };
  setRole: { permissions: string[]; description?: string };
  createKey: { name: string; scopes?: string | string[]; expires_in?: string | number };
  introspectToken: { token: string; token_type_hint?: string };
  revokeToken: { token: string; token_type_hint?: string };
  addWebhook: { url: string; events?: EventName[] };
}

export interface SharedAnswers {
  listInvitations: { items: Invitation[]; next: string | null };
  createInvitation: Invitation;
  revokeInvitation: undefined;
  listUsers: { items: ManagedUser[]; next: string | null };
  createUser: Invitation;
  impersonateUser: { access_token: string; token_type: string; expires_in: number };
  getManagedUser: ManagedUser;
  deleteManagedUser: undefined;
  updateManagedUser: ManagedUser;
  sendPasswordReset: { detail: string };
  makePasswordLink: { link: string; expires_in: number };
  listUserSessions: {
    items: {
      id: string;
      device: string | null;
      ip: string | null;
      created_at: string;
      last_used_at: string;
      device_bound: boolean;
    }[];
    next: string | null;
  };
  endUserSessions: undefined;
  endUserSession: undefined;
  listUserFactors: {
    factors: {
      id: string;
      type: 'totp' | 'passkey';
      name: string | null;
      created_at: string;
      last_used_at: string | null;
    }[];
    recovery_codes_left: number;
    has_password: boolean;
    required: boolean;
    trusted_devices: { id: string; name: string | null; created_at: string; expires_at: string }[];
    reset_at: string | null;
    reset_factor_id: string | null;
  };
  resetUserFactors: { detail: string };
  removeUserFactor: { detail: string };
  listUserIdentities: {
    id: string;
    provider: string;
    subject: string;
    email: string | null;
    created_at: string;
    last_used_at: string | null;
  }[];
  listUserActivity: { items: AuditEvent[]; next: string | null };
  listRoles: Role[];
  setRole: Role;
  deleteRole: undefined;
  listAudit: { items: AuditEvent[]; next: string | null };
  listKeys: {
    id: string;
    name: string;
    scopes: string[];
    created_at: string;
    expires_at: string;
    last_used_at: string | null;
  }[];
  createKey: { key: string; id: string; name: string; scopes: string[]; expires_at: string };
  revokeKey: undefined;
  exchangeKey: { access_token: string; token_type: string; expires_in: number };
  introspectToken: {
    active: boolean;
    scope?: string;
    client_id?: string;
    token_type?: string;
    exp?: number;
    iat?: number;
    sub?: string;
    aud?: string | string[];
    iss?: string;
    jti?: string;
  } & { [key: string]: unknown };
  revokeToken: undefined;
  listWebhooks: {
    items: { id: string; url: string; events: string[]; created_at: string; disabled_at: string | null }[];
    next: string | null;
  };
  addWebhook: {
    id: string;
    url: string;
    events: string[];
    created_at: string;
    disabled_at: string | null;
    secret: string;
  };
  deleteWebhook: undefined;
  listWebhookDeliveries: { items: Delivery[]; next: string | null };
  replayWebhookDelivery: Delivery;
  authorizationServer: {
    issuer: string;
    jwks_uri: string;
    response_types_supported: string[];
    introspection_endpoint?: string;
    introspection_endpoint_auth_methods_supported?: string[];
    revocation_endpoint?: string;
    revocation_endpoint_auth_methods_supported?: string[];
  };
}
