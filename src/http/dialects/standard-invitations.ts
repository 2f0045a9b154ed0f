import { z } from 'zod';
import type { InvitationFacts } from '../invitation-payloads.js';
import { emailField, passwordField, sessionFields, textField } from '../fields.js';
import type { Dialect } from './dialect.js';
import { finished } from './pending.js';
import { listShape, showList } from './lists.js';
import { showTokensAndUser, tokensAndUser } from './standard-tokens.js';

const KEY = 'q3mJ0wq1Zk6o2c0b6m2y9A';

export const acceptanceForm = z
  .object({
    // Any other value is an invalid link, not an invalid field.
    key: textField(512),
    password: passwordField,
    email: emailField.optional().meta({
      description:
        'If given, the link only works if the invitation was sent to this address. Required by the link for the first admin of a trial, whose address it becomes.',
    }),
    ...sessionFields,
  })
  .meta({ id: 'InvitationAcceptance', examples: [{ key: KEY, password: 'marble cactus orbit lantern' }] });

const invitation = z
  .object({
    id: z.uuid(),
    email: z.string(),
    roles: z.array(z.string()),
    invited_by: z
      .int()
      .nullable()
      .meta({ description: 'The ID of the administrator; null for an operator.' }),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' });
const showInvitation = (facts: InvitationFacts): z.infer<typeof invitation> => ({
  id: facts.id,
  email: facts.email,
  roles: facts.roles,
  invited_by: facts.invitedBy,
  created_at: facts.createdAt.toISOString(),
  expires_at: facts.expiresAt.toISOString(),
});

/** The operations of administrators on invitations, the same in every dialect. */
export const managedInvitations = {
  listInvitations: {
    status: 200,
    shape: listShape(invitation, 'Invitations'),
    gives: showList(showInvitation),
    description: 'At most 100 invitations (`?limit=`), and the cursor of the next page.',
  },
  createInvitation: {
    takes: z
      .object({
        email: emailField,
        roles: z.array(textField(100), 'This field must be a list of roles.').max(100).optional(),
      })
      .meta({ id: 'NewInvitation', examples: [{ email: 'grace@example.com', roles: [] }] }),
    status: 201,
    shape: invitation,
    gives: showInvitation,
    description: 'The invitation. An email with its link is on its way.',
  },
  revokeInvitation: { status: 204, description: 'The invitation is revoked, and its link is worth nothing.' },
} satisfies Dialect['operations'];

/** The operations on invitations. */
export const invitationOperations = {
  acceptInvitation: {
    takes: acceptanceForm,
    status: 200,
    shape: tokensAndUser,
    gives: finished(showTokensAndUser),
    description: 'As a login.',
  },
  ...managedInvitations,
} satisfies Dialect['operations'];
