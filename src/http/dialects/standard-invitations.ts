import { z } from 'zod';
import { emailField, passwordField, rememberField, textField } from '../fields.js';
import type { Dialect } from './dialect.js';
import { finished } from './pending.js';
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
    remember: rememberField,
  })
  .meta({ id: 'InvitationAcceptance', examples: [{ key: KEY, password: 'marble cactus orbit lantern' }] });

/** The operations on invitations. */
export const invitationOperations = {
  acceptInvitation: {
    takes: acceptanceForm,
    status: 200,
    shape: tokensAndUser,
    gives: finished(showTokensAndUser),
    description: 'As a login.',
  },
} satisfies Dialect['operations'];
