import type { Confirmed, Remembered, UserFacts } from './payloads.js';
import type { ShownId } from '../user-id.js';

export interface InvitationAcceptance extends Confirmed, Remembered {
  key: string;
  password: string;
  /** In lower case. The address that the invitation was sent to; for the first admin of a trial, the one of the account. */
  email?: string | undefined;
  /** As it was typed. */
  username?: string | undefined;
}

export interface InvitationInput {
  /** In lower case. */
  email: string;
  roles?: string[] | undefined;
}

/** An account to be made: with an address alone, an invitation. */
export interface NewUser {
  /** In lower case. */
  email?: string | undefined;
  /** As it was typed. */
  username?: string | undefined;
  roles?: string[] | undefined;
}

export interface CreatedUser {
  user: UserFacts;
  /** Null where an email is on its way. */
  passwordLink: string | null;
  /** **Unit** seconds. */
  expiresIn: number | null;
}

export interface InvitationFacts {
  id: string;
  email: string;
  roles: string[];
  /** The ID of the admin who made it; null for an operator. */
  invitedBy: ShownId | null;
  createdAt: Date;
  expiresAt: Date;
}
