import { v7 as uuidv7 } from 'uuid';
import { acceptHash, type HashOrigin } from '../crypto/imported-hash.js';
import { isMarkOf, markOf } from '../crypto/mark.js';
import type { Database, Queries } from '../database/database.js';
import * as sql from './account-statements.js';
import type { FileLedger } from './file-ledger.js';
import type { IncomingAccount } from './incoming-account.js';
import type { ImportedRow } from './ledger.js';
import * as partSql from './part-statements.js';
import type { Receiver } from './receiver.js';
import { type Remark, remarkOf } from './remarks.js';
import { identityName, type SeenBefore, seenOf, textOf } from './seen.js';

/** What an entry adds to an account. */
export interface Part {
  /** With no more in it than the part. */
  account: IncomingAccount;
  /** Otherwise it says nothing of the password. */
  hasPassword: boolean;
}

/** Adds what entries of their own say of accounts that have come: passwords and identities. */
export class PartPage {
  constructor(
    private readonly db: Database,
    private readonly ledgers: { accounts: FileLedger; parts: FileLedger },
    private readonly hashes: HashOrigin,
    private readonly receiver: Pick<Receiver, 'keys' | 'passwords' | 'audit' | 'operator'>,
    private readonly isDry: boolean,
  ) {}

  /** Writes a page in one transaction, or nothing of it. */
  async write(parts: readonly Part[], now: Date): Promise<{ changed: number; remarks: Remark[] }> {
    if (this.isDry) return { changed: 0, remarks: parts.flatMap(({ account }) => account.remarks) };
    const keys = parts.map(({ account }) => account.key);
    const owners = byKey(await this.ledgers.accounts.find(this.db, keys));
    const known = byKey(await this.ledgers.parts.find(this.db, keys));
    const remarks: Remark[] = [];
    const changes = parts.flatMap((part) => {
      const { account } = part;
      const owner = owners.get(account.key);
      if (!owner) remarks.push(remarkOf(account, 'part_of_nobody'));
      if (!owner || owner.userId === null) return [];
      const change = { part, owner, userId: owner.userId, before: known.get(account.key) };
      if (this.isSame(change)) return [];
      remarks.push(...account.remarks);
      return [change];
    });
    for (let at = 0; at < changes.length; at += this.receiver.passwords.atOnce)
      await Promise.all(
        changes.slice(at, at + this.receiver.passwords.atOnce).map((each) => this.prepare(each)),
      );
    await this.db.transaction(async (tx) => {
      for (const change of changes) remarks.push(...(await this.apply(change, now, tx)));
    });
    return { changed: changes.length, remarks };
  }

  /** The accounts of a page but for those that are here already, of which their entry is to say a part alone. */
  async withoutKnown(
    accounts: readonly IncomingAccount[],
    parts: ReadonlyMap<string, Part>,
  ): Promise<readonly IncomingAccount[]> {
    const keys = accounts.map(({ key }) => key).filter((key) => parts.has(key));
    if (keys.length === 0) return accounts;
    const known = byKey(await this.ledgers.accounts.find(this.db, keys));
    return accounts.filter(({ key }) => !known.has(key));
  }

  private isSame({ part, before }: Change): boolean {
    if (!before) return false;
    const seen = before.seen as SeenBefore;
    const now = this.seenOf(part, before);
    return (
      !this.hasOtherPassword({ part, before }) &&
      JSON.stringify(now.identities) === JSON.stringify(seen.identities)
    );
  }

  /** What was seen, and what this adds. */
  private seenOf({ account }: Part, before: ImportedRow | undefined) {
    const { identities = [] } = (before?.seen ?? {}) as SeenBefore;
    const now = seenOf(account, 0, this.receiver.keys);
    return {
      identities: [...new Set([...identities, ...now.identities])].sort(),
    };
  }

  private hasOtherPassword({ part, before }: Pick<Change, 'part' | 'before'>): boolean {
    const { marks } = this.receiver.keys;
    return part.hasPassword && !(before && isMarkOf(marks, textOf(part.account), before.passwordDigest));
  }

  private async prepare(change: Change): Promise<void> {
    if (!this.hasOtherPassword(change)) return;
    const accepted = await acceptHash(change.part.account.hash, this.hashes, this.receiver.passwords);
    change.password = 'refused' in accepted ? null : accepted.passwordHash;
  }

  private async apply(change: Change, now: Date, tx: Queries): Promise<Remark[]> {
    const { part, owner, userId, before, password } = change;
    const { account } = part;
    const remarks: Remark[] = [];
    if (password !== undefined) {
      if (owner.isUnchanged === true) await tx.run(partSql.SET_PASSWORD, [userId, password]);
      else remarks.push(remarkOf(account, 'changed_here'));
    }
    const seen = (before?.seen ?? {}) as SeenBefore;
    const merged = this.seenOf(part, before);
    remarks.push(...(await this.addIdentities(account, owner, seen.identities ?? [], now, tx)));
    const { marks } = this.receiver.keys;
    const passwordDigest = part.hasPassword
      ? markOf(marks, textOf(account))
      : (before?.passwordDigest ?? Buffer.alloc(0));
    await this.ledgers.parts.noteValues(
      [{ key: account.key, userId, seen: merged, passwordDigest }],
      now,
      tx,
    );
    return remarks;
  }

  private async addIdentities(
    account: IncomingAccount,
    { userId, emailVerified }: ImportedRow,
    known: readonly string[],
    now: Date,
    tx: Queries,
  ): Promise<Remark[]> {
    const rows = account.identities
      .filter((each) => !known.includes(identityName(each)))
      .map(({ provider, issuer, subject, email, createdAt }) => ({
        id: uuidv7({ msecs: now.getTime() }),
        user_id: userId,
        ...{ provider, issuer, subject, email },
        is_unproven: emailVerified !== true,
        created_at: createdAt ?? now.toISOString(),
      }));
    if (rows.length === 0) return [];
    const added = await tx.run(sql.ADD_IDENTITIES, [JSON.stringify(rows)]);
    return added.length < rows.length ? [remarkOf(account, 'account_taken')] : [];
  }
}

/** What several entries of a page add to one account. */
export function joinedParts(one: Part | undefined, other: Part): Part {
  if (!one) return other;
  const [first, second] = [one.account, other.account];
  return {
    account: {
      ...first,
      hash: one.hasPassword ? first.hash : second.hash,
      identities: [...first.identities, ...second.identities],
      remarks: [...first.remarks, ...second.remarks],
    },
    hasPassword: one.hasPassword || other.hasPassword,
  };
}

interface Change {
  part: Part;
  owner: ImportedRow;
  userId: number;
  before: ImportedRow | undefined;
  /** What is to be stored; undefined for no other password. */
  password?: string | null;
}

const byKey = (rows: readonly ImportedRow[]) => new Map(rows.map((row) => [row.key, row]));
