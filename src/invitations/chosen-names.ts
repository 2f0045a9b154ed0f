import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import type { Queries } from '../database/database.js';
import { missingField, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { InvitationAcceptance } from '../http/invitation-payloads.js';
import { BoundEmails } from '../users/bound-emails.js';
import type { User } from '../users/user.entity.js';
import { Usernames } from '../users/usernames.js';

/** The usernames that people choose who accept an invitation. */
@Injectable()
export class ChosenNames {
  constructor(
    private readonly usernames: Usernames,
    private readonly emails: BoundEmails,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'signInWith'>,
  ) {}

  /**
   * The name as it is kept, null if none is chosen. It is public who has which.
   *
   * @param email the address of the account. **Errors** `input_invalid`, `username_taken`.
   */
  async nameIn({ username }: InvitationAcceptance, email: string): Promise<string | null> {
    if (username === undefined && this.options.signInWith === 'username') throw missingField('username');
    if (username === undefined) return null;
    const { account } = await this.emails.stateOf(email);
    return this.usernames.demand(username, { email, ...(account && { id: account.id }) });
  }

  /** Names an account that was there already, and has no name. @returns the user as they are then. */
  async give(user: User, username: string | null, by: Caller, tx: Queries): Promise<User> {
    if (username === null || user.username !== null) return user;
    return (await this.usernames.change(user, username, by, tx)) ?? user;
  }

  /** Why no account could be made: somebody else has just taken the name, or the address. */
  async refusal(username: string | null, email: string, tx: Queries): Promise<TokenjarError> {
    const isTaken = username !== null && (await this.usernames.isTaken(username, { email }, tx));
    // With the address the link still works, and finds the account.
    return new TokenjarError(isTaken ? 'username_taken' : 'link_invalid');
  }
}
