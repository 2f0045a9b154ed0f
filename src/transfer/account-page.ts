import { orderedBy } from '../audit/audit.js';
import { acceptHash, type HashOrigin } from '../crypto/imported-hash.js';
import type { Database, Queries } from '../database/database.js';
import { isUniqueViolation } from '../database/unique-violation.js';
import { usernameColumns } from '../username.js';
import { AccountChange } from './account-change.js';
import * as sql from './account-statements.js';
import { Belongings } from './belongings.js';
import type { IncomingAccount } from './incoming-account.js';
import type { ImportedRow, KnownAccount, Ledger } from './ledger.js';
import { isWanting, merge } from './merge.js';
import { type Newcomer, Placing } from './placing.js';
import { type Receiver, recordRun } from './receiver.js';
import { type Remark, remarkOf } from './remarks.js';
import { isSame, noteOf, type SeenBefore, seenOf } from './seen.js';
import { keepExported } from './kept.js';

/** How often a page is tried. */
const TRIES = 5;

/** What became of the users of a page. */
export interface PageResult {
  added: number;
  changed: number;
  unchanged: number;
  remarks: Remark[];
}

/** Where accounts come from. */
export interface Origin {
  /** For the audit trail. */
  name: string;
  ledger: Ledger;
  /** What its hashes do not say themselves. */
  hashes: HashOrigin;
  /** Whether its roles come by themselves; otherwise those that users have are made, without permissions. */
  hasRoles?: boolean;
}

type Hashes = ReadonlyMap<string, string | null>;

/** Writes accounts as they were mapped: new ones, and what has changed at their source since an earlier run. */
export class AccountPage {
  private readonly belongings: Belongings;
  private readonly placing: Placing;
  private readonly changing: AccountChange;
  private hasBegun = false;

  constructor(
    private readonly db: Database,
    private readonly origin: Origin,
    private readonly receiver: Receiver,
    private readonly isDry: boolean,
  ) {
    this.belongings = new Belongings(receiver);
    this.placing = new Placing(db, isDry);
    this.changing = new AccountChange(origin.ledger, receiver, this.belongings);
  }

  /**
   * Writes a page in one transaction, or nothing of it.
   *
   * Somebody may take an address or a name that was free a moment ago, or hold a lock that we need while we hold one that
   * they need: then the page is read and written anew.
   */
  async write(page: readonly IncomingAccount[], now: Date): Promise<PageResult> {
    for (let tries = 1; ; tries++)
      try {
        return await this.writeOnce(page, now);
      } catch (error) {
        if (tries === TRIES || !isOvertaken(error)) throw error;
      }
  }

  private async writeOnce(page: readonly IncomingAccount[], now: Date): Promise<PageResult> {
    const { ledger } = this.origin;
    const rows = await ledger.find(
      this.db,
      page.map(({ key }) => key),
    );
    const imported = new Map(rows.map((row) => [row.key, row]));
    const fresh = page.filter(({ key }) => !imported.has(key));
    const remarks: Remark[] = fresh.flatMap((each) => each.remarks);
    const { changed, wanting } = this.changesAmong(page, imported, remarks);
    const changes = [...changed, ...wanting];
    const { newcomers, exact } = await this.placing.place(fresh, remarks);
    const deleted = rows.filter(({ userId }) => userId === null).length;
    const counts = {
      added: fresh.length,
      changed: changed.length,
      unchanged: page.length - fresh.length - changed.length - deleted,
    };
    if (this.isDry)
      for (const { account, row } of changed)
        if (merge(account, row, this.receiver.keys).isNewerHere)
          remarks.push(remarkOf(account, 'changed_here'));
    if (!this.isDry && fresh.length + changes.length > 0) {
      const hashes = await this.hashesOf([...fresh, ...changes.map(({ account }) => account)]);
      await this.db.transaction(async (tx) => {
        await this.begin([...newcomers, ...changes], now, tx);
        remarks.push(...(await this.add(newcomers, exact, hashes, now, tx)));
        remarks.push(...(await this.change(changes, hashes, now, tx)));
      });
      this.hasBegun = true;
    }
    return { ...counts, remarks };
  }

  /** That a run has begun to write is recorded with what it writes first, however it ends. */
  private async begin(
    accounts: readonly { account: IncomingAccount }[],
    now: Date,
    tx: Queries,
  ): Promise<void> {
    if (!this.hasBegun) await recordRun(this.receiver, `${this.origin.name} begun`, 'success', tx);
    const roles = [...new Set(accounts.flatMap(({ account }) => account.roles))];
    if (roles.length > 0 && !this.origin.hasRoles)
      await tx.run(sql.ADD_ROLES, [roles, now, ...orderedBy(this.receiver.operator)]);
  }

  private changesAmong(
    page: readonly IncomingAccount[],
    imported: ReadonlyMap<string, ImportedRow>,
    remarks: Remark[],
  ): { changed: KnownAccount[]; wanting: KnownAccount[] } {
    const [changed, wanting]: [KnownAccount[], KnownAccount[]] = [[], []];
    for (const account of page) {
      const row = imported.get(account.key);
      if (!row) continue;
      const { userId, seen, passwordDigest } = row;
      if (userId === null) {
        remarks.push(remarkOf(account, 'deleted_here'));
        continue;
      }
      if (!isSame(account, userId, { seen, passwordDigest }, this.receiver.keys)) {
        remarks.push(...account.remarks);
        const { keys } = seenOf(account, userId, this.receiver.keys);
        if (keys !== (seen as SeenBefore).keys) remarks.push(remarkOf(account, 'newer_there'));
        changed.push({ account, userId, row });
      } else if (isWanting(row)) wanting.push({ account, userId, row });
    }
    return { changed, wanting };
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
    const rows = newcomers.map(({ placed: account, id }) => {
      const names = usernameColumns(account.username);
      return {
        id,
        public_id: account.publicId ?? null,
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
    for (const { placed, id } of newcomers) remarks.push(...(await this.belongings.add(placed, id, now, tx)));
    remarks.push(...(await keepExported(newcomers, tx)));
    const noted = newcomers.map(({ account, placed, id }) => noteOf(account, id, placed, this.receiver.keys));
    await this.origin.ledger.note(noted, now, tx);
    return remarks;
  }

  /** Each is read again once its row is locked: what has changed here until then is newer. */
  private async change(
    changes: readonly KnownAccount[],
    hashes: Hashes,
    now: Date,
    tx: Queries,
  ): Promise<Remark[]> {
    if (changes.length === 0) return [];
    await tx.run(sql.LOCK_USERS, [changes.map(({ userId }) => userId)]);
    const keys = changes.map(({ account }) => account.key);
    const rows = new Map((await this.origin.ledger.find(tx, keys)).map((row) => [row.key, row]));
    const remarks: Remark[] = [];
    for (const { account } of changes) {
      const row = rows.get(account.key);
      if (row?.userId == null) remarks.push(remarkOf(account, 'deleted_here'));
      else {
        const known = { account, userId: row.userId, row };
        remarks.push(...(await this.changing.apply(known, hashes.get(account.key) ?? null, now, tx)));
      }
    }
    return remarks;
  }
}

/** **Source** PostgreSQL documentation, appendix "PostgreSQL Error Codes": deadlock_detected. */
const isOvertaken = (error: unknown): boolean =>
  isUniqueViolation(error) || (error instanceof Error && 'code' in error && error.code === '40P01');
