import { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { ManagedSession, ManagedUser, RoleFacts, UserChange } from '../admin-payloads.js';
import { booleanField, localeField, textField, usernameField } from '../fields.js';
import { auditOperations } from './standard-audit.js';
import type { Dialect } from './dialect.js';
import { listShape, showList } from './lists.js';
import { says } from './standard-emails.js';
import { factorOperations } from './standard-factors.js';
import { deviceBound, sessionFacts, showSessionFacts } from './standard-sessions.js';
import { showUser, user } from './standard-tokens.js';
import { webhookOperations } from './standard-webhooks.js';

export const managedUser = user
  .extend({
    active: z.boolean(),
    has_password: z.boolean(),
    second_factors: z.array(z.string()).meta({ description: 'The kinds that the user has.' }),
    last_login_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ManagedUser' });
const showManagedUser = (facts: ManagedUser, options: Options) => ({
  ...showUser(facts, options),
  active: facts.isActive,
  has_password: facts.hasPassword,
  second_factors: facts.secondFactors,
  last_login_at: facts.lastLoginAt?.toISOString() ?? null,
  ...(facts.profile && { profile: facts.profile }),
});
const shownUser = { status: 200, shape: managedUser, gives: showManagedUser };

/** Whatever else is in the body changes nothing, as everywhere. */
const changed = z.object({
  roles: z.array(textField(100), 'This field must be a list of roles.').max(100).optional(),
  active: booleanField,
  email_verified: booleanField,
  locale: localeField.nullable().optional(),
});
const neutral = ({ active, email_verified, ...change }: z.infer<typeof changed>): UserChange => ({
  ...change,
  isActive: active,
  emailVerified: email_verified,
});
const userChange = changed
  .transform(neutral)
  .meta({ id: 'UserChange', examples: [{ roles: ['clerk'], active: true }] });
const userChangeWithName = changed
  .extend({ username: usernameField.optional() })
  .transform(neutral)
  .meta({ id: 'UserChange', examples: [{ roles: ['clerk'], active: true, username: 'ada' }] });
const userChangeFor = ({ signInWith }: Options) => (signInWith === 'email' ? userChange : userChangeWithName);

/** Breaks the line, or turns it around. */
const DISGUISE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const isShown = (text: string): boolean =>
  /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replaceAll(/[\p{Default_Ignorable_Code_Point}\u2800]/gu, ''));

/** The user reads the reason, and whoever reads the audit trail. */
const impersonation = z
  .object({
    reason: textField(500)
      .refine(isShown, 'This field must not be empty.')
      .refine((text) => !DISGUISE.test(text), 'This field must be a line of text.'),
  })
  .meta({ id: 'Impersonation', examples: [{ reason: 'Ticket 4711: the cart stays empty' }] });
const impersonationToken = z
  .object({
    access_token: z.string(),
    token_type: z.string(),
    expires_in: z.int().meta({ description: 'Lifetime of the access token in seconds.' }),
  })
  .meta({ id: 'ImpersonationToken' });

const passwordLink = z
  .object({ link: z.string(), expires_in: z.int().meta({ description: 'Lifetime of the link in seconds.' }) })
  .meta({ id: 'PasswordLink' });

const session = z
  .object({ id: z.uuid(), ...sessionFacts, device_bound: deviceBound })
  .meta({ id: 'ManagedSession' });
const showSession = ({ id, isDeviceBound, ...facts }: ManagedSession): z.infer<typeof session> => ({
  id,
  ...showSessionFacts(facts),
  device_bound: isDeviceBound,
});

const identity = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    subject: z.string().meta({ description: 'How the provider calls the account.' }),
    email: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ManagedIdentity' });

const role = z
  .object({ name: z.string(), permissions: z.array(z.string()), description: z.string().nullable() })
  .meta({ id: 'Role' });
const showRole = ({ name, permissions, description }: RoleFacts): z.infer<typeof role> => ({
  name,
  permissions: [...permissions],
  description,
});
const roleForm = z
  .object({
    permissions: z.array(textField(100), 'This field must be a list of permissions.').max(1000),
    description: textField(500).optional(),
  })
  .meta({
    id: 'RolePermissions',
    examples: [{ permissions: ['orders:read', 'orders:write'], description: 'at the desk' }],
  });

/** The operations of administrators, the same in every dialect. */
export const adminOperations = {
  ...webhookOperations,
  listUsers: {
    status: 200,
    shape: listShape(managedUser, 'ManagedUsers'),
    gives: showList(showManagedUser),
    description: 'At most 100 users (`?limit=`), and the cursor of the next page.',
  },
  getManagedUser: { ...shownUser, description: 'The user.' },
  updateManagedUser: {
    takes: userChange,
    takesFor: userChangeFor,
    ...shownUser,
    description: 'The user as changed.',
  },
  deleteManagedUser: { status: 204, description: 'The user is deleted, and all sessions have ended.' },
  sendPasswordReset: says('An email is on its way.'),
  makePasswordLink: {
    status: 200,
    shape: passwordLink,
    gives: ({ link, expiresIn }): z.infer<typeof passwordLink> => ({ link, expires_in: expiresIn }),
    description: 'The link, for the user and nobody else. Second factors stay.',
  },
  listUserSessions: {
    status: 200,
    shape: listShape(session, 'ManagedSessions'),
    gives: showList(showSession),
    description: 'At most 100 sessions (`?limit=`), and the cursor of the next page.',
  },
  endUserSessions: { status: 204, description: 'All sessions of the user have ended.' },
  endUserSession: { status: 204, description: 'The session has ended.' },
  listUserFactors: { ...factorOperations.listFactors, description: 'The second factors of the user.' },
  resetUserFactors: {
    status: 202,
    shape: says('').shape,
    gives: () => ({
      detail:
        'The user is told by email, and all second factors are removed after the wait, unless the user cancels it.',
    }),
    description: 'Requested. `reset_at` of the factors says when it happens, once the wait has begun.',
  },
  removeUserFactor: {
    status: 202,
    shape: says('').shape,
    gives: () => ({
      detail:
        'The user is told by email, and the factor is removed after the wait, unless the user cancels it.',
    }),
    description: 'Requested. `reset_at` of the factors says when it happens, once the wait has begun.',
  },
  listUserIdentities: {
    status: 200,
    shape: z.array(identity),
    gives: (identities) =>
      identities.map(({ createdAt, lastUsedAt, ...facts }): z.infer<typeof identity> => ({
        ...facts,
        created_at: createdAt.toISOString(),
        last_used_at: lastUsedAt?.toISOString() ?? null,
      })),
    description: 'The accounts that are linked to the user, the oldest first.',
  },
  impersonateUser: {
    takes: impersonation,
    status: 200,
    shape: impersonationToken,
    gives: ({ accessToken, scheme, expiresIn }): z.infer<typeof impersonationToken> => ({
      access_token: accessToken,
      token_type: scheme,
      expires_in: expiresIn,
    }),
    description: 'An access token of the user with the claim `act`. There is no refresh token.',
  },
  listRoles: {
    status: 200,
    shape: z.array(role),
    gives: (roles) => roles.map(showRole),
    description: 'All roles, in the order of their names.',
  },
  setRole: {
    takes: roleForm,
    status: 200,
    shape: role,
    gives: showRole,
    description: 'The role. Access tokens from before are outdated.',
  },
  deleteRole: { status: 204, description: 'The role is deleted.' },
  ...auditOperations,
} satisfies Dialect['operations'];
