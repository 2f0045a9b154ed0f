import type { Queries } from '../database/database.js';
import { usernameColumns } from '../username.js';
import * as sql from './account-statements.js';
import type { ImportedRow, KnownAccount, Ledger } from './ledger.js';
import { type Receiver, recordChange } from './receiver.js';
import { givenTo, type SeenBefore } from './seen.js';

/** Somebody whose address or name is wanted, and who wants that of whoever wants it. */
interface Swap {
  userId: number;
  row: ImportedRow;
  email?: string;
  username?: string;
}

/**
 * Two accounts that have swapped their addresses or names at the source: neither could have the other's otherwise, in this
 * run or any later one.
 */
export class Swaps {
  private readonly swaps = new Map<number, Swap>();

  constructor(
    private readonly ledger: Ledger,
    private readonly receiver: Pick<Receiver, 'audit' | 'operator'>,
  ) {}

  /**
   * Takes a wanted address or name from its holder, if they are to get that of the account in return.
   *
   * @returns whether it is free now.
   */
  async take(
    { row: mine }: KnownAccount,
    field: 'email' | 'username',
    holderId: number,
    tx: Queries,
  ): Promise<boolean> {
    const own = mine[field];
    if (own === null) return false;
    await tx.run(sql.LOCK_USERS, [[holderId]]);
    const [row] = await this.ledger.findUser(tx, holderId);
    if (!row) return false;
    const seen = row.seen as SeenBefore;
    // They have it from the import still, and have the other one at the source.
    if (givenTo(seen)[field] !== row[field] || seen[field] !== own) return false;
    await tx.run(sql.RELEASE, [holderId, field === 'email', field === 'username']);
    const swap = this.swaps.get(holderId) ?? { userId: holderId, row };
    this.swaps.set(holderId, { ...swap, [field]: own });
    return true;
  }

  /** Gives what was promised, once the account has let go of it. */
  async give(tx: Queries): Promise<void> {
    for (const { userId, row, email, username } of this.swaps.values()) {
      const seen = row.seen as SeenBefore;
      const names = usernameColumns(username ?? null);
      await tx.run(sql.GIVE, [
        userId,
        email ?? null,
        seen.isVerified === true,
        names.username,
        names.usernameFolded,
        names.usernameSkeleton,
      ]);
      const given = {
        ...givenTo(seen),
        ...(email !== undefined && { email }),
        ...(username !== undefined && { username }),
      };
      await this.ledger.noteGiven(userId, given, row.isUnchanged === true, tx);
      if (email !== undefined) await recordChange(this.receiver, 'email_change', userId, tx);
      if (username !== undefined) await recordChange(this.receiver, 'username_changed', userId, tx);
    }
  }
}
