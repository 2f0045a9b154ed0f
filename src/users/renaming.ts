import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import { Outbox } from '../mail/outbox.js';
import type { User } from './user.entity.js';
import { Usernames } from './usernames.js';

/** Gives accounts other usernames, and tells their owners. */
@Injectable()
export class Renaming {
  constructor(
    private readonly usernames: Usernames,
    private readonly outbox: Outbox,
  ) {}

  /** @returns undefined if the account is gone. **Errors** `input_invalid`, `username_taken`. */
  async rename(
    user: Pick<User, 'id' | 'email'>,
    text: string,
    by: Caller,
    languages: string | null,
    tx: Queries,
  ): Promise<User | undefined> {
    const renamed = await this.usernames.change(user, text, by, tx);
    if (renamed) await this.outbox.notify('username_changed', renamed, languages, tx);
    return renamed;
  }
}
