import type { Confirmed, Remembered } from './payloads.js';

export interface InvitationAcceptance extends Confirmed, Remembered {
  key: string;
  password: string;
  /** In lower case. The address that the invitation was sent to; for the first admin of a trial, the one of the account. */
  email?: string | undefined;
}

export interface InvitationInput {
  /** In lower case. */
  email: string;
  roles?: string[] | undefined;
}

export interface InvitationFacts {
  id: string;
  email: string;
  roles: string[];
  /** The ID of the admin who made it; null for an operator. */
  invitedBy: number | null;
  createdAt: Date;
  expiresAt: Date;
}
