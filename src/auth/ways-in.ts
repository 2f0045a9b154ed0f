import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import type { Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { User } from '../users/user.entity.js';

/** Tells whether an account has a way in of one kind. @param except one that does not count. */
export type HasWayIn = (user: User, tx: Queries, except?: string) => boolean | Promise<boolean>;

/** The ways in of accounts, besides the password and emailed codes: slices register theirs. */
@Injectable()
export class WaysIn {
  private readonly kinds: HasWayIn[] = [];

  constructor(@Inject(OPTIONS) private readonly options: Pick<Options, 'emailCodeLogin'>) {}

  register(has: HasWayIn): void {
    this.kinds.push(has);
  }

  /**
   * Demands that an account has one still, after one was removed: so no two kinds can each be removed because of the
   * other.
   *
   * @param user as it is then, and locked. **Errors** `last_sign_in_method`.
   */
  async demandOne(user: User, tx: Queries): Promise<void> {
    if (!(await this.has(user, tx))) throw new TokenjarError('last_sign_in_method');
  }

  /**
   * Whether an account has one. Not counted is an email that resets the password: it helps those who have lost theirs.
   *
   * @param except one that does not count.
   */
  async has(user: User, tx: Queries, except?: string): Promise<boolean> {
    if (user.passwordHash !== null || this.options.emailCodeLogin) return true;
    for (const has of this.kinds) if (await has(user, tx, except)) return true;
    return false;
  }
}
