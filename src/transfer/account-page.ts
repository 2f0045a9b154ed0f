import { acceptHash, type HashOrigin } from '../crypto/imported-hash.js';
import { isMarkOf, markOf } from '../crypto/mark.js';
import type { Passwords } from '../crypto/password.js';
import type { Database, Queries } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import type { SessionEnding } from '../users/sessions/session-ending.js';
import type { Users } from '../users/users.js';
import { usernameColumns } from '../username.js';
import * as sql from './account-statements.js';
import { Belongings } from './belongings.js';
import type { IncomingAccount } from './incoming-account.js';
import type { ImportedRow, Ledger, Noted } from './ledger.js';
import { type Newcomer, Placing } from './placing.js';
import { type Remark, remarkOf } from './remarks.js';
import { type ImportKeys, isSame, type SeenBefore, seenOf, textOf } from './seen.js';

/** What became of the users of a page. */
export interface PageResult {
  added: number;
  changed: number;
  unchanged: number;
  remarks: Remark[];
}

/** What receives accounts here. */
export interface Receiver {
  users: Users;
  ending: SessionEnding;
  operator: Caller;
  passwords: Passwords;
  keys: ImportKeys;
}

/** Where accounts come from. */
export interface Origin {
  ledger: Ledger;
  /** What its hashes do not say themselves. */
  hashes: HashOrigin;
}

interface Change {
  account: IncomingAccount;
  userId: number;
  row: ImportedRow;
}

type Hashes = ReadonlyMap<string, string | null>;

/** Writes accounts as they were mapped: new ones, and what has changed at their source since an earlier run. */
export class AccountPage {
  private readonly belongings: Belongings;
  private readonly placing: Placing;

  constructor(
    private readonly db: Database,
    private readonly origin: Origin,
    private readonly receiver: Receiver,
    private readonly isDry: boolean,
  ) {
    this.belongings = new Belongings(receiver.keys);
    this.placing = new Placing(db, isDry);
  }

  /** Writes a page in one transaction, or nothing of it. */
  async write(page: readonly IncomingAccount[], now: Date): Promise<PageResult> {
    const rows = await this.origin.ledger.find(page.map(({ key }) => key));
    const imported = new Map(rows.map((row) => [row.key, row]));
    const fresh = page.filter(({ key }) => !imported.has(key));
    const remarks: Remark[] = fresh.flatMap((each) => each.remarks);
    const changes = this.changesAmong(page, imported, remarks);
    const { newcomers, exact } = await this.placing.place(fresh, remarks);
    const deleted = rows.filter(({ userId }) => userId === null).length;
    const counts = {
      added: fresh.length,
      changed: changes.length,
      unchanged: page.length - fresh.length - changes.length - deleted,
    };
    if (!this.isDry && fresh.length + changes.length > 0) {
      const hashes = await this.hashesOf([...fresh, ...changes.map(({ account }) => account)]);
      await this.db.transaction(async (tx) => {
        remarks.push(...(await this.add(newcomers, exact, hashes, now, tx)));
        for (const each of changes) remarks.push(...(await this.change(each, hashes, now, tx)));
      });
    }
    return { ...counts, remarks };
  }

  private changesAmong(
    page: readonly IncomingAccount[],
    imported: ReadonlyMap<string, ImportedRow>,
    remarks: Remark[],
  ): Change[] {
    return page.flatMap((account) => {
      const row = imported.get(account.key);
      if (!row) return [];
      const { userId } = row;
      if (userId === null) remarks.push(remarkOf(account, 'deleted_here'));
      const before = { seen: row.seen as SeenBefore, passwordDigest: row.passwordDigest };
      if (userId === null || isSame(account, userId, before, this.receiver.keys)) return [];
      remarks.push(...account.remarks);
      if (row.isUnchanged !== true) remarks.push(remarkOf(account, 'changed_here'));
      return [{ account, userId, row }];
    });
  }

  /** Weak hashes are wrapped, as many at once as there are threads. */
  private async hashesOf(users: readonly IncomingAccount[]): Promise<Hashes> {
    const hashes = new Map<string, string | null>();
    const { passwords } = this.receiver;
    for (let at = 0; at < users.length; at += passwords.atOnce)
      await Promise.all(
        users.slice(at, at + passwords.atOnce).map(async ({ key, hash }) => {
          const accepted = await acceptHash(hash, this.origin.hashes, passwords);
          hashes.set(key, 'refused' in accepted ? null : accepted.passwordHash);
        }),
      );
    return hashes;
  }

  private async add(
    newcomers: readonly Newcomer[],
    exact: ReadonlySet<string>,
    hashes: Hashes,
    now: Date,
    tx: Queries,
  ): Promise<Remark[]> {
    if (newcomers.length === 0) return [];
    if (exact.size > 0) await tx.run(sql.MAKE_EXACT, [[...exact]]);
    const rows = newcomers.map(({ account, id }) => {
      const names = usernameColumns(account.username);
      return {
        id,
        email: account.email,
        email_verified: account.isVerified,
        username: names.username,
        username_folded: names.usernameFolded,
        username_skeleton: names.usernameSkeleton,
        username_is_exact: names.usernameFolded !== null && exact.has(names.usernameFolded),
        password_hash: hashes.get(account.key) ?? null,
        is_active: account.isActive,
        roles: account.roles,
        created_at: account.createdAt ?? now.toISOString(),
        last_login_at: account.lastLoginAt,
      };
    });
    await tx.run(sql.ADD_USERS, [JSON.stringify(rows)]);
    const remarks: Remark[] = [];
    for (const { account, id } of newcomers)
      remarks.push(...(await this.belongings.add(account, id, now, tx)));
    const noted = newcomers.map(({ account, id }) => this.noted(account, id));
    await this.origin.ledger.note(noted, now, tx);
    return remarks;
  }

  private async change(
    { account, userId, row }: Change,
    hashes: Hashes,
    now: Date,
    tx: Queries,
  ): Promise<Remark[]> {
    const before = row.seen as SeenBefore;
    const noted = this.noted(account, userId);
    const belongings = { seen: before, factorsEpoch: row.factorsEpoch };
    const remarks = await this.belongings.change(account, userId, belongings, noted.seen.totp, now, tx);
    if (row.isUnchanged !== true) {
      await this.origin.ledger.noteSeen(noted, tx);
      return remarks;
    }
    const isAddressFree = account.email === null || !(await this.isTaken(account.email, userId, tx));
    const email = account.email !== (before.email ?? null) && isAddressFree ? account.email : row.email;
    const areRolesOurs = JSON.stringify(row.roles) !== JSON.stringify(before.roles);
    await tx.run(sql.CHANGE_USER, [
      userId,
      email,
      email !== null &&
        ((email === account.email && account.isVerified) ||
          (email === row.email && row.emailVerified === true)),
      hashes.get(account.key) ?? null,
      !isMarkOf(this.receiver.keys.marks, textOf(account), row.passwordDigest),
      areRolesOurs ? (row.roles ?? []) : account.roles,
      account.lastLoginAt,
    ]);
    const { users, ending, operator } = this.receiver;
    if (account.isActive && row.isActive === false && before.isActive === false)
      await users.activate(userId, operator, tx);
    if (!account.isActive && before.isActive !== false) await ending.deactivateUser(userId, operator, tx);
    await this.origin.ledger.note([noted], now, tx);
    return remarks;
  }

  private async isTaken(email: string, userId: number, tx: Queries): Promise<boolean> {
    const rows = await tx.run(sql.FIND_TAKEN, [[], [email], [], []]);
    return rows.some(({ id }) => id !== userId);
  }

  private noted(account: IncomingAccount, userId: number): Noted {
    const { keys } = this.receiver;
    const passwordDigest = markOf(keys.marks, textOf(account));
    return { account, userId, seen: seenOf(account, userId, keys), passwordDigest };
  }
}
