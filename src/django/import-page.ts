import { acceptHash } from '../crypto/imported-hash.js';
import type { Passwords } from '../crypto/password.js';
import type { Database, Queries } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import type { SessionEnding } from '../users/sessions/session-ending.js';
import type { Users } from '../users/users.js';
import { usernameColumns } from '../username.js';
import { ImportBelongings } from './import-belongings.js';
import { type ImportKeys, isSame, type SeenBefore, seenOf } from './import-seen.js';
import * as sql from './import-statements.js';
import { isMarkOf, markOf, revokeClaimOf } from './password-marks.js';
import type { MappedUser, Remark, RemarkKind } from './site-mapping.js';

/** What became of the users of a page. */
export interface PageResult {
  added: number;
  changed: number;
  unchanged: number;
  remarks: Remark[];
}

export interface ImportAccounts {
  users: Users;
  ending: SessionEnding;
  operator: Caller;
}

interface Newcomer {
  mapped: MappedUser;
  id: number;
}

interface Change {
  mapped: MappedUser;
  userId: number;
  row: sql.ImportedRow;
}

type Hashes = ReadonlyMap<string, string | null>;

/** Writes users as they were mapped: new ones, and what has changed at the site since an earlier run. */
export class ImportPage {
  private readonly belongings: ImportBelongings;

  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly keys: ImportKeys,
    private readonly accounts: ImportAccounts,
    private readonly isDry: boolean,
  ) {
    this.belongings = new ImportBelongings(keys);
  }

  /** Writes a page in one transaction, or nothing of it. */
  async write(page: readonly MappedUser[], now: Date): Promise<PageResult> {
    const rows = await this.db.run(sql.FIND_IMPORTED, [page.map(({ siteKey }) => siteKey)]);
    const imported = new Map(rows.map((row) => [row.siteKey, row]));
    const fresh = page.filter(({ siteKey }) => !imported.has(siteKey));
    const remarks: Remark[] = fresh.flatMap((each) => each.remarks);
    const changes = this.changesAmong(page, imported, remarks);
    const { newcomers, exact } = await this.place(fresh, remarks);
    const deleted = rows.filter(({ userId }) => userId === null).length;
    const counts = {
      added: fresh.length,
      changed: changes.length,
      unchanged: page.length - fresh.length - changes.length - deleted,
    };
    if (!this.isDry && fresh.length + changes.length > 0) {
      const hashes = await this.hashesOf([...fresh, ...changes.map(({ mapped }) => mapped)]);
      await this.db.transaction(async (tx) => {
        remarks.push(...(await this.add(newcomers, exact, hashes, now, tx)));
        for (const each of changes) remarks.push(...(await this.change(each, hashes, now, tx)));
      });
    }
    return { ...counts, remarks };
  }

  private changesAmong(
    page: readonly MappedUser[],
    imported: ReadonlyMap<string, sql.ImportedRow>,
    remarks: Remark[],
  ): Change[] {
    return page.flatMap((mapped) => {
      const row = imported.get(mapped.siteKey);
      if (!row) return [];
      const { userId } = row;
      if (userId === null) remarks.push(remarkOf(mapped, 'deleted_here'));
      const before = { seen: row.seen as SeenBefore, passwordDigest: row.passwordDigest };
      if (userId === null || isSame(mapped, userId, before, this.keys)) return [];
      remarks.push(...mapped.remarks);
      if (row.isUnchanged !== true) remarks.push(remarkOf(mapped, 'changed_here'));
      return [{ mapped, userId, row }];
    });
  }

  /** Looks up IDs, addresses and names together, and gives them to whom they are free for. */
  private async place(
    fresh: readonly MappedUser[],
    remarks: Remark[],
  ): Promise<{ newcomers: Newcomer[]; exact: ReadonlySet<string> }> {
    const foldedOf = ({ username }: MappedUser) => usernameColumns(username).usernameFolded;
    const taken = await this.db.run(sql.FIND_TAKEN, [
      fresh.flatMap(({ id }) => id ?? []),
      fresh.flatMap(({ email }) => email ?? []),
      fresh.flatMap(({ username }) => username ?? []),
      fresh.flatMap((each) => foldedOf(each) ?? []),
    ]);
    const ids = new Set(taken.map(({ id }) => id));
    const emails = new Set(taken.map(({ email }) => email));
    const usernames = new Set(taken.map(({ username }) => username));
    const folded = new Set(taken.map((each) => each.folded));
    const exact = new Set<string>();
    const isFree = (id: number | undefined): id is number => id !== undefined && !ids.has(id);
    const newIds = await this.newIds(fresh.filter(({ id }) => !isFree(id)).length);
    const newcomers = fresh.map((mapped) => {
      if (mapped.id !== undefined && ids.has(mapped.id)) remarks.push(remarkOf(mapped, 'id_taken'));
      if (mapped.email !== null && emails.has(mapped.email)) {
        remarks.push(remarkOf(mapped, 'address_taken', mapped.email));
        [mapped.email, mapped.isVerified] = [null, false];
      }
      if (mapped.username !== null && usernames.has(mapped.username)) {
        remarks.push(remarkOf(mapped, 'username_taken'));
        mapped.username = null;
      }
      const form = foldedOf(mapped);
      if (form !== null && folded.has(form)) {
        exact.add(form);
        remarks.push(remarkOf(mapped, 'username_exact'));
      }
      emails.add(mapped.email);
      usernames.add(mapped.username);
      folded.add(form);
      return { mapped, id: isFree(mapped.id) ? mapped.id : (newIds.pop() ?? 0) };
    });
    return { newcomers, exact };
  }

  private async newIds(count: number): Promise<number[]> {
    if (this.isDry || count === 0) return [];
    return (await this.db.run(sql.NEW_IDS, [count])).map(({ id }) => id);
  }

  /** Weak hashes are wrapped, as many at once as there are threads. */
  private async hashesOf(users: readonly MappedUser[]): Promise<Hashes> {
    const hashes = new Map<string, string | null>();
    for (let at = 0; at < users.length; at += this.passwords.atOnce)
      await Promise.all(
        users.slice(at, at + this.passwords.atOnce).map(async ({ siteKey, column }) => {
          const accepted = await acceptHash(column, { system: 'django' }, this.passwords);
          hashes.set(siteKey, 'refused' in accepted ? null : accepted.passwordHash);
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
    const rows = newcomers.map(({ mapped, id }) => {
      const names = usernameColumns(mapped.username);
      return {
        id,
        email: mapped.email,
        email_verified: mapped.isVerified,
        username: names.username,
        username_folded: names.usernameFolded,
        username_skeleton: names.usernameSkeleton,
        username_is_exact: names.usernameFolded !== null && exact.has(names.usernameFolded),
        password_hash: hashes.get(mapped.siteKey) ?? null,
        is_active: mapped.isActive,
        roles: mapped.roles,
        created_at: mapped.createdAt ?? now.toISOString(),
        last_login_at: mapped.lastLoginAt,
      };
    });
    await tx.run(sql.ADD_USERS, [JSON.stringify(rows)]);
    const remarks: Remark[] = [];
    for (const { mapped, id } of newcomers) remarks.push(...(await this.belongings.add(mapped, id, now, tx)));
    await this.note(newcomers, now, tx);
    return remarks;
  }

  private async change(
    { mapped, userId, row }: Change,
    hashes: Hashes,
    now: Date,
    tx: Queries,
  ): Promise<Remark[]> {
    const before = row.seen as SeenBefore;
    const seen = seenOf(mapped, userId, this.keys);
    const belongings = { seen: before, factorsEpoch: row.factorsEpoch };
    const remarks = await this.belongings.change(mapped, userId, belongings, seen.totp, now, tx);
    if (row.isUnchanged !== true) {
      const digest = markOf(this.keys.marks, mapped.column);
      await tx.run(sql.NOTE_SEEN, [mapped.siteKey, JSON.stringify(seen), digest]);
      return remarks;
    }
    const isAddressFree = mapped.email === null || !(await this.isTaken(mapped.email, userId, tx));
    const email = mapped.email !== (before.email ?? null) && isAddressFree ? mapped.email : row.email;
    const areRolesOurs = JSON.stringify(row.roles) !== JSON.stringify(before.roles);
    await tx.run(sql.CHANGE_USER, [
      userId,
      email,
      email !== null &&
        ((email === mapped.email && mapped.isVerified) ||
          (email === row.email && row.emailVerified === true)),
      hashes.get(mapped.siteKey) ?? null,
      !isMarkOf(this.keys.marks, mapped.column, row.passwordDigest),
      areRolesOurs ? (row.roles ?? []) : mapped.roles,
      mapped.lastLoginAt,
    ]);
    const { users, ending, operator } = this.accounts;
    if (mapped.isActive && row.isActive === false && before.isActive === false)
      await users.activate(userId, operator, tx);
    if (!mapped.isActive && before.isActive !== false) await ending.deactivateUser(userId, operator, tx);
    await this.note([{ mapped, id: userId }], now, tx);
    return remarks;
  }

  private async isTaken(email: string, userId: number, tx: Queries): Promise<boolean> {
    const rows = await tx.run(sql.FIND_TAKEN, [[], [email], [], []]);
    return rows.some(({ id }) => id !== userId);
  }

  private async note(users: readonly Newcomer[], now: Date, tx: Queries): Promise<void> {
    const { marks } = this.keys;
    const rows = users.map(({ mapped, id }) => ({
      site_key: mapped.siteKey,
      user_id: id,
      seen: seenOf(mapped, id, this.keys),
      password_digest: markOf(marks, mapped.column).toString('hex'),
      password_mark: markOf(marks, revokeClaimOf(mapped.column)).toString('hex'),
    }));
    await tx.run(sql.NOTE_USERS, [JSON.stringify(rows), now]);
  }
}

const remarkOf = (mapped: MappedUser, kind: RemarkKind, more?: string): Remark => ({
  kind,
  key: mapped.siteKey,
  name: mapped.username ?? mapped.email ?? '',
  ...(more !== undefined && { more }),
});
