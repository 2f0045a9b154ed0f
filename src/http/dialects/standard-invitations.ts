import { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { CreatedUser, InvitationAcceptance, InvitationFacts, NewUser } from '../invitation-payloads.js';
import {
  emailField,
  passwordField,
  sessionFields,
  shownUserId,
  textField,
  usernameField,
} from '../fields.js';
import { bySignInWith, type Dialect } from './dialect.js';
import { finished } from './pending.js';
import { listShape, showList } from './lists.js';
import { demandName } from './standard-names.js';
import { showTokensAndUser, showUser, tokensAndUser, user } from './standard-tokens.js';

const KEY = 'q3mJ0wq1Zk6o2c0b6m2y9A';

const acceptance = z.object({
  // Any other value is an invalid link, not an invalid field.
  key: textField(512),
  password: passwordField,
  email: emailField.optional().meta({
    description:
      'If given, the link only works if the invitation was sent to this address. Required by the link for the first admin of a trial, whose address it becomes.',
  }),
  ...sessionFields,
});
const ACCEPTED = { key: KEY, password: 'marble cactus orbit lantern' };
export const acceptanceForm = acceptance.meta({ id: 'InvitationAcceptance', examples: [ACCEPTED] });
const NAMED = { id: 'InvitationAcceptance', examples: [{ ...ACCEPTED, username: 'grace' }] };
export const acceptanceFor = bySignInWith<InvitationAcceptance>({
  email: acceptanceForm,
  username: acceptance.extend({ username: usernameField }).meta(NAMED),
  both: acceptance.extend({ username: usernameField.optional() }).meta(NAMED),
});

const invitation = z
  .object({
    id: z.uuid(),
    email: z.string(),
    roles: z.array(z.string()),
    invited_by: shownUserId
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

const newInvitation = z
  .object({
    email: emailField,
    roles: z.array(textField(100), 'This field must be a list of roles.').max(100).optional(),
  })
  .meta({ id: 'NewInvitation', examples: [{ email: 'grace@example.com', roles: [] }] });
const newUser = newInvitation
  .extend({ email: emailField.optional(), username: usernameField.optional() })
  .superRefine(demandName)
  .meta({ id: 'NewUser', examples: [{ username: 'grace', roles: [] }, { email: 'grace@example.com' }] });
/** An address that has to be verified has to be there. */
const newUserWithAddress = newInvitation
  .extend({ username: usernameField.optional() })
  .meta({ id: 'NewUser', examples: [{ username: 'grace', email: 'grace@example.com', roles: [] }] });
const newUserFor = ({ signInWith, emailVerification }: Options): z.ZodType<NewUser> => {
  if (signInWith === 'email') return newInvitation;
  return emailVerification === 'mandatory' ? newUserWithAddress : newUser;
};

const createdUser = z
  .object({
    user,
    password_link: z
      .string()
      .nullable()
      .meta({ description: 'For an account without an address: hand it to the user, and to nobody else.' }),
    expires_in: z.int().nullable().meta({ description: 'Lifetime of the link in seconds.' }),
  })
  .meta({ id: 'CreatedUser' });
const showCreatedUser = (created: CreatedUser, options: Options) => ({
  user: showUser(created.user, options),
  password_link: created.passwordLink,
  expires_in: created.expiresIn,
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
    takes: newInvitation,
    status: 201,
    shape: invitation,
    gives: showInvitation,
    description: 'The invitation. An email with its link is on its way.',
  },
  createUser: {
    takes: newInvitation,
    takesFor: newUserFor,
    status: 201,
    shapeFor: ({ signInWith }) => (signInWith === 'email' ? invitation : z.union([invitation, createdUser])),
    gives: (result, options) =>
      'user' in result ? showCreatedUser(result, options) : showInvitation(result),
    description:
      'The invitation; or, with a username, the account. An email is on its way if there is an address.',
  },
  revokeInvitation: { status: 204, description: 'The invitation is revoked, and its link is worth nothing.' },
} satisfies Dialect['operations'];

/** The operations on invitations. */
export const invitationOperations = {
  acceptInvitation: {
    takes: acceptanceForm,
    takesFor: acceptanceFor,
    status: 200,
    shape: tokensAndUser,
    gives: finished(showTokensAndUser),
    description: 'As a login.',
  },
  ...managedInvitations,
} satisfies Dialect['operations'];
