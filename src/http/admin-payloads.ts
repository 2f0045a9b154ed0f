import type { UserFacts } from './payloads.js';
import type { ShownId } from '../user-id.js';

/** A user as administrators see one: no credential. */
export interface ManagedUser extends UserFacts {
  isActive: boolean;
  hasPassword: boolean;
  /** The kinds of second factors, such as `totp`. */
  secondFactors: string[];
  lastLoginAt: Date | null;
  /** The fields of a host's own; null if there are none. */
  profile: Readonly<Record<string, unknown>> | null;
}

/** What administrators change of a user; the rest stays. */
export interface UserChange {
  roles?: string[] | undefined;
  isActive?: boolean | undefined;
  emailVerified?: boolean | undefined;
  locale?: string | null | undefined;
  /** As it was typed. */
  username?: string | undefined;
}

/** A link that sets a password, once. */
export interface PasswordLink {
  link: string;
  /** **Unit** seconds. */
  expiresIn: number;
}

/** A session of somebody else. */
export interface ManagedSession {
  id: string;
  device: string | null;
  ip: string | null;
  createdAt: Date;
  lastUsedAt: Date;
  isDeviceBound: boolean;
}

/** An account at a provider that is linked to a user. */
export interface ManagedIdentity {
  id: string;
  provider: string;
  subject: string;
  email: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** A role. */
export interface RoleFacts {
  name: string;
  permissions: readonly string[];
  description: string | null;
}

/** Why an administrator acts as a user, for the audit trail and the user. */
export interface ImpersonationInput {
  reason: string;
}

export interface ImpersonationToken {
  accessToken: string;
  scheme: string;
  /** **Unit** seconds. */
  expiresIn: number;
}

/** Replaces the permissions of a role. */
export interface RoleInput {
  permissions: string[];
  description?: string | undefined;
}

/** An event of the audit trail, as it is. */
export interface AuditFacts {
  id: string;
  at: Date;
  event: string;
  outcome: 'success' | 'failure';
  reason: string | null;
  userId: ShownId | null;
  sessionId: string | null;
  ip: string | null;
  userAgent: string | null;
  requestId: string | null;
  /** Who did it to the account of somebody else. */
  actor: string | null;
  methods: string[] | null;
  count: number;
}

/** A page of a list, and the cursor of the next one. */
export interface ListPage<Item> {
  items: Item[];
  next: string | undefined;
}

/** A file, written while it is read. */
export interface Download {
  type: string;
  name: string;
  lines: AsyncIterable<string>;
}
