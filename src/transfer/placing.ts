import type { Database } from '../database/database.js';
import { usernameColumns } from '../username.js';
import * as sql from './account-statements.js';
import type { IncomingAccount } from './incoming-account.js';
import { type Remark, remarkOf } from './remarks.js';

/** An account that was not here before, and what it gets. */
export interface Newcomer {
  /** As it is at its source. */
  account: IncomingAccount;
  /** As it will be here. */
  placed: IncomingAccount;
  id: number;
}

/** Finds out what newcomers can have of what they had: IDs, addresses and names are of one account each. */
export class Placing {
  constructor(
    private readonly db: Database,
    private readonly isDry: boolean,
  ) {}

  /** Looks up IDs, addresses and names together, and gives them to whom they are free for. */
  async place(
    fresh: readonly IncomingAccount[],
    remarks: Remark[],
  ): Promise<{ newcomers: Newcomer[]; exact: ReadonlySet<string> }> {
    const foldedOf = ({ username }: IncomingAccount) => usernameColumns(username).usernameFolded;
    const taken = await this.db.run(sql.FIND_TAKEN, [
      fresh.flatMap(({ id }) => id ?? []),
      fresh.flatMap(({ email }) => email ?? []),
      fresh.flatMap(({ username }) => username ?? []),
      fresh.flatMap((each) => foldedOf(each) ?? []),
      fresh.flatMap(({ publicId }) => publicId ?? []),
    ]);
    const ids = new Set(taken.map(({ id }) => id));
    const publicIds = new Set(taken.map(({ publicId }) => publicId));
    const emails = new Set(taken.map(({ email }) => email));
    const usernames = new Set(taken.map(({ username }) => username));
    const folded = new Set(taken.map((each) => each.folded));
    const exact = new Set<string>();
    const kept = new Map<number, IncomingAccount>();
    for (const account of fresh)
      if (account.id !== undefined && !ids.has(account.id) && !kept.has(account.id))
        kept.set(account.id, account);
    const newIds = await this.newIds(fresh.length - kept.size);
    const newcomers = fresh.map((account) => {
      const placed = { ...account };
      const { id: wanted } = account;
      const keepsId = wanted !== undefined && kept.get(wanted) === account;
      if (wanted !== undefined && !keepsId) remarks.push(remarkOf(account, 'id_taken'));
      if (account.publicId !== undefined && publicIds.has(account.publicId)) {
        remarks.push(remarkOf(account, 'id_taken'));
        placed.publicId = undefined;
      }
      if (account.email !== null && emails.has(account.email)) {
        remarks.push(remarkOf(account, 'address_taken', account.email));
        [placed.email, placed.isVerified] = [null, false];
      }
      if (account.username !== null && usernames.has(account.username)) {
        remarks.push(remarkOf(account, 'username_taken'));
        placed.username = null;
      }
      const form = foldedOf(placed);
      if (form !== null && folded.has(form)) {
        exact.add(form);
        remarks.push(remarkOf(account, 'username_exact'));
      }
      emails.add(placed.email);
      usernames.add(placed.username);
      folded.add(form);
      return { account, placed, id: keepsId ? wanted : (newIds.pop() ?? 0) };
    });
    return { newcomers, exact };
  }

  private async newIds(count: number): Promise<number[]> {
    if (this.isDry || count === 0) return [];
    return (await this.db.run(sql.NEW_IDS, [count])).map(({ id }) => id);
  }
}
