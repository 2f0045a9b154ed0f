import type { Queries } from '../database/database.js';
import type { EventName } from '../events.js';
import { usernameColumns } from '../username.js';
import * as sql from './account-statements.js';
import type { Belongings } from './belongings.js';
import type { KnownAccount, Ledger } from './ledger.js';
import { type Merge, merge } from './merge.js';
import { type Receiver, recordChange } from './receiver.js';
import { type Remark, remarkOf } from './remarks.js';
import { givenTo, noteOf, type SeenBefore } from './seen.js';
import { Swaps } from './swaps.js';

/** Takes over what has changed at the source of an account, and records it for its user. */
export class AccountChange {
  constructor(
    private readonly ledger: Ledger,
    private readonly receiver: Receiver,
    private readonly belongings: Belongings,
  ) {}

  /** @param hash that of the password, as it is kept here. */
  async apply(known: KnownAccount, hash: string | null, now: Date, tx: Queries): Promise<Remark[]> {
    const { account, userId, row } = known;
    const { keys } = this.receiver;
    const merged = merge(account, row, keys);
    const remarks = merged.isNewerHere ? [remarkOf(account, 'changed_here')] : [];
    const swaps = new Swaps(this.ledger, this.receiver);
    const names = await this.freeOf(known, merged, remarks, swaps, tx);
    await this.write(known, merged, names, hash, tx);
    await swaps.give(tx);
    remarks.push(...(await this.belongings.change(known, now, tx)));
    const { users, ending, operator } = this.receiver;
    if (merged.isActive === true) await users.activate(userId, operator, tx);
    if (merged.isActive === false) await ending.deactivateUser(userId, operator, tx);
    const given = givenTo(row.seen);
    const noted = noteOf(account, userId, { ...given, ...names }, keys);
    const { factorsEpoch } = row.seen as SeenBefore;
    // Factors that have changed here have done so for every later run.
    if (factorsEpoch !== undefined && factorsEpoch !== row.factorsEpoch)
      noted.seen.factorsEpoch = factorsEpoch;
    if (row.isUnchanged === true) await this.ledger.note([noted], now, tx);
    else await this.ledger.noteSeen(noted, tx);
    return remarks;
  }

  /** What of a new address and a new name nobody else has. */
  private async freeOf(
    known: KnownAccount,
    { email, username }: Merge,
    remarks: Remark[],
    swaps: Swaps,
    tx: Queries,
  ): Promise<{ email?: string | null; username?: string | null; isExact?: boolean }> {
    const { account, userId } = known;
    const { usernameFolded: folded } = usernameColumns(username ?? null);
    const taken = (
      await tx.run(sql.FIND_TAKEN, [
        [],
        typeof email === 'string' ? [email] : [],
        typeof username === 'string' ? [username] : [],
        folded === null ? [] : [folded],
        [],
      ])
    ).filter(({ id }) => id !== userId);
    const isKeptFrom = async (field: 'email' | 'username', wanted: string | null | undefined) => {
      const holder = typeof wanted === 'string' && taken.find((each) => each[field] === wanted);
      if (!holder) return false;
      if (!(await swaps.take(known, field, holder.id, tx))) return true;
      if (field === 'username') taken.splice(taken.indexOf(holder), 1);
      return false;
    };
    const isAddressTaken = await isKeptFrom('email', email);
    if (isAddressTaken) remarks.push(remarkOf(account, 'address_taken', email ?? ''));
    const isNameTaken = await isKeptFrom('username', username);
    if (isNameTaken) remarks.push(remarkOf(account, 'username_taken'));
    const isExact = !isNameTaken && folded !== null && taken.some((each) => each.folded === folded);
    if (isExact) {
      remarks.push(remarkOf(account, 'username_exact'));
      await tx.run(sql.MAKE_EXACT, [[folded]]);
    }
    return {
      ...(email !== undefined && !isAddressTaken && { email }),
      ...(username !== undefined && !isNameTaken && { username, isExact }),
    };
  }

  private async write(
    { account, userId, row }: KnownAccount,
    { roles, setsPassword }: Merge,
    {
      email = row.email,
      username,
      isExact = false,
    }: { email?: string | null; username?: string | null; isExact?: boolean },
    hash: string | null,
    tx: Queries,
  ): Promise<void> {
    const names = usernameColumns(username ?? null);
    await tx.run(sql.CHANGE_USER, [
      userId,
      email,
      email !== null &&
        ((email === account.email && account.isVerified) ||
          (email === row.email && row.emailVerified === true)),
      setsPassword ? hash : null,
      setsPassword,
      roles ?? row.roles ?? [],
      account.lastLoginAt,
      username !== undefined,
      names.username,
      names.usernameFolded,
      names.usernameSkeleton,
      isExact,
    ]);
    const record = (event: EventName, reason?: string) =>
      recordChange(this.receiver, event, userId, tx, reason);
    if (email !== row.email) await record('email_change');
    if (username !== undefined) await record('username_changed');
    if (setsPassword) await record('password_change');
    if (roles !== undefined) await record('roles_changed', roles.join(' '));
  }
}
