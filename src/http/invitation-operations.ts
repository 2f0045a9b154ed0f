import type { InvitationAcceptance } from './invitation-payloads.js';
import { NEW_PASSWORD, PENDING } from './operation-errors.js';
import { operation } from './operation-row.js';
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
      errors: ['link_invalid', 'email_taken', 'session_limit_reached', ...PENDING, ...NEW_PASSWORD],
    },
  ),
};
