import { z } from 'zod';
import type {
  AuditFacts,
  Download,
  ImpersonationInput,
  ImpersonationToken,
  ListPage,
  ManagedIdentity,
  ManagedSession,
  ManagedUser,
  PasswordLink,
  RoleFacts,
  RoleInput,
  UserChange,
} from './admin-payloads.js';
import { momentField, queryBoolean, textField, userIdField } from './fields.js';
import { adminOperation, type PathParameter } from './operation-row.js';
import type { FactorsOverview } from './payloads.js';
import { WEBHOOK_OPERATIONS } from './webhook-operations.js';

const id: PathParameter = { description: 'ID of the user.', type: 'user' };
const name: PathParameter = { description: 'Name of the role.', type: 'string' };

/** The rows of {@link OPERATIONS} for administrators. */
export const ADMIN_OPERATIONS = {
  ...WEBHOOK_OPERATIONS,
  listUsers: adminOperation<undefined, ListPage<ManagedUser>>(
    'GET /admin/users',
    'List users, in the order of their IDs; of a search, of their addresses, and those found by their usernames after them',
    {
      isPaged: true,
      query: z.object({
        search: textField(320).optional().meta({
          description: 'How an address or a username begins, in upper or lower case; or an ID, exactly.',
        }),
        role: textField(100).optional().meta({ description: 'Only users who have it.' }),
        active: queryBoolean.meta({ description: 'Only active users, or only deactivated ones.' }),
      }),
    },
  ),
  getManagedUser: adminOperation<undefined, ManagedUser>('GET /admin/users/:id', 'Get a user', {
    params: { id },
    errors: ['account_not_found'],
  }),
  updateManagedUser: adminOperation<UserChange, ManagedUser>(
    'PATCH /admin/users/:id',
    'Change the roles of a user, deactivate or activate one, or change what is known of one',
    { params: { id }, errors: ['account_not_found', 'own_account', 'address_missing', 'username_taken'] },
  ),
  deleteManagedUser: adminOperation('DELETE /admin/users/:id', 'Delete a user and end all their sessions', {
    params: { id },
    errors: ['account_not_found', 'own_account'],
  }),
  sendPasswordReset: adminOperation(
    'POST /admin/users/:id/password-reset',
    'Send a user an email to set a new password',
    { params: { id }, errors: ['account_not_found', 'address_missing'] },
  ),
  makePasswordLink: adminOperation<undefined, PasswordLink>(
    'POST /admin/users/:id/password-link',
    'Make a link with which a user without an address sets a new password, once, within 24 hours',
    { params: { id }, errors: ['account_not_found', 'password_link_refused'] },
  ),
  listUserSessions: adminOperation<undefined, ListPage<ManagedSession>>(
    'GET /admin/users/:id/sessions',
    'List the sessions of a user, newest first',
    { isPaged: true, params: { id }, errors: ['account_not_found'] },
  ),
  endUserSessions: adminOperation('DELETE /admin/users/:id/sessions', 'End all sessions of a user', {
    params: { id },
    errors: ['account_not_found'],
  }),
  endUserSession: adminOperation('DELETE /admin/users/:id/sessions/:sid', 'End a session of a user', {
    params: { id, sid: 'ID of the session.' },
    errors: ['account_not_found', 'session_not_found'],
  }),
  listUserFactors: adminOperation<undefined, FactorsOverview>(
    'GET /admin/users/:id/factors',
    'List the second factors of a user',
    { params: { id }, errors: ['account_not_found'] },
  ),
  resetUserFactors: adminOperation(
    'DELETE /admin/users/:id/factors',
    'Request the removal of all second factors of a user, who can cancel it during a wait',
    { params: { id }, errors: ['account_not_found', 'factor_reset_pending'] },
  ),
  removeUserFactor: adminOperation(
    'DELETE /admin/users/:id/factors/:fid',
    'Request the removal of a second factor of a user, who can cancel it during a wait',
    {
      params: { id, fid: 'ID of the factor.' },
      errors: ['account_not_found', 'factor_not_found', 'factor_reset_pending'],
    },
  ),
  listUserIdentities: adminOperation<undefined, ManagedIdentity[]>(
    'GET /admin/users/:id/identities',
    'List the accounts at providers that are linked to a user',
    { params: { id }, errors: ['account_not_found'] },
  ),
  listUserActivity: adminOperation<undefined, ListPage<AuditFacts>>(
    'GET /admin/users/:id/activity',
    'List the events of a user, newest first',
    { isPaged: true, params: { id }, errors: ['account_not_found'] },
  ),
  impersonateUser: adminOperation<ImpersonationInput, ImpersonationToken>(
    'POST /admin/users/:id/impersonate',
    'Act as a user for an hour, with an access token that says so',
    { params: { id }, errors: ['account_not_found', 'impersonation_refused'] },
  ),
  listRoles: adminOperation<undefined, RoleFacts[]>('GET /admin/roles', 'List the roles'),
  setRole: adminOperation<RoleInput, RoleFacts>(
    'PUT /admin/roles/:name',
    'Make a role, or replace its permissions',
    { params: { name } },
  ),
  deleteRole: adminOperation('DELETE /admin/roles/:name', 'Delete a role that nobody has', {
    params: { name },
    errors: ['role_not_found', 'role_held'],
  }),
  listAudit: adminOperation<undefined, ListPage<AuditFacts> | Download>(
    'GET /admin/audit',
    'List the events of the audit trail, newest first; all of them as `text/csv`, if `Accept` asks for it',
    {
      isPaged: true,
      query: z.object({
        user_id: userIdField.optional().meta({ description: 'Only events of this account.' }),
        event: textField(100).optional().meta({ description: 'Only events of this name.' }),
        from: momentField.meta({ description: 'Only events of this time or later.' }),
        to: momentField.meta({ description: 'Only events before this time.' }),
      }),
    },
  ),
};
