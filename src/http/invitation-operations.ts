import type { ListPage } from './admin-payloads.js';
import type {
  CreatedUser,
  InvitationAcceptance,
  InvitationFacts,
  InvitationInput,
  NewUser,
} from './invitation-payloads.js';
import { NEW_PASSWORD, PENDING } from './operation-errors.js';
import { adminOperation, operation } from './operation-row.js';
import type { SignInResult } from './pending-sign-in.js';

/** The rows of {@link OPERATIONS} about invitations. */
export const INVITATION_OPERATIONS = {
  acceptInvitation: operation<InvitationAcceptance, SignInResult>(
    'POST /invitations/accept',
    'Accept an invitation, using the key from an email, and sign in',
    {
      tag: 'account',
      access: 'public',
      cookie: 'sets',
      errors: [
        'link_invalid',
        'email_taken',
        'username_taken',
        'invalid_scope',
        'session_limit_reached',
        ...PENDING,
        ...NEW_PASSWORD,
      ],
    },
  ),
  listInvitations: adminOperation<undefined, ListPage<InvitationFacts>>(
    'GET /admin/invitations',
    'List the invitations that nobody has accepted yet, newest first',
    { isPaged: true },
  ),
  createInvitation: adminOperation<InvitationInput, InvitationFacts>(
    'POST /admin/invitations',
    'Invite somebody by email; a second invitation replaces the first',
    { errors: ['email_taken', 'rate_limited'] },
  ),
  createUser: adminOperation<NewUser, InvitationFacts | CreatedUser>(
    'POST /admin/users',
    'Invite somebody by email; or, with a username, make an account whose user sets the password',
    { errors: ['email_taken', 'username_taken', 'rate_limited'] },
  ),
  revokeInvitation: adminOperation('DELETE /admin/invitations/:id', 'Revoke an invitation', {
    params: { id: 'ID of the invitation.' },
    errors: ['invitation_not_found'],
  }),
};
