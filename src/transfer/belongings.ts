import { v7 as uuidv7 } from 'uuid';
import { seal } from '../crypto/seal.js';
import type { Queries } from '../database/database.js';
import { contextOf } from '../mfa/totp-secrets.js';
import * as sql from './account-statements.js';
import type { IncomingAccount } from './incoming-account.js';
import type { KnownAccount } from './ledger.js';
import { type Receiver, recordChange } from './receiver.js';
import { type Remark, remarkOf } from './remarks.js';
import { codeDigests, identityName, type SeenBefore, totpMark } from './seen.js';

/** Writes what belongs to a user: second factors and social accounts. */
export class Belongings {
  constructor(private readonly receiver: Pick<Receiver, 'keys' | 'audit' | 'operator'>) {}

  async add(account: IncomingAccount, userId: number, now: Date, tx: Queries): Promise<Remark[]> {
    const remarks = await this.addTotp(account, userId, now, tx);
    await this.addCodes(account, userId, tx);
    remarks.push(...(await this.addIdentities(account, account.identities, userId, now, tx)).remarks);
    return remarks;
  }

  /** What has changed at the source since it was seen. Factors that were changed here since are newer, and stay. */
  async change({ account, userId, row }: KnownAccount, now: Date, tx: Queries): Promise<Remark[]> {
    const seen = row.seen as SeenBefore;
    if (row.factorsEpoch === (seen.factorsEpoch ?? 0)) {
      if (totpMark(account, this.receiver.keys) !== (seen.totp ?? null))
        await this.changeTotp(account, userId, now, tx);
      await this.changeCodes(account, userId, seen.codes ?? [], tx);
    }
    const known = new Set(seen.identities);
    const still = new Set(account.identities.map(identityName));
    for (const name of known)
      if (!still.has(name)) {
        const at = name.indexOf(' ');
        const values = [userId, name.slice(0, at), name.slice(at + 1)] as const;
        for (const { provider } of await tx.run(sql.REMOVE_IDENTITY, [...values]))
          await recordChange(this.receiver, 'identity_unlinked', userId, tx, provider);
      }
    const added = account.identities.filter((each) => !known.has(identityName(each)));
    const { providers, remarks } = await this.addIdentities(account, added, userId, now, tx);
    for (const provider of providers)
      await recordChange(this.receiver, 'identity_linked', userId, tx, provider);
    return remarks;
  }

  private async changeTotp(account: IncomingAccount, userId: number, now: Date, tx: Queries): Promise<void> {
    const removed = await tx.run(sql.REMOVE_TOTP, [userId]);
    if (removed.length > 0) await recordChange(this.receiver, 'factor_removed', userId, tx, 'totp');
    await this.addTotp(account, userId, now, tx);
    if (account.factors.totp) await recordChange(this.receiver, 'factor_added', userId, tx, 'totp');
  }

  private async addTotp(account: IncomingAccount, userId: number, now: Date, tx: Queries): Promise<Remark[]> {
    const { totp } = account.factors;
    if (!totp) return [];
    const known = account.id === userId ? totp.exported : undefined;
    const id = known?.id ?? uuidv7({ msecs: now.getTime() });
    const sealed = seal(this.receiver.keys.totp[0], totp.secret, contextOf(userId, id));
    const { name = null, last_used_at: usedAt = null, last_step: step = 0 } = totp.exported ?? {};
    const added = await tx.run(sql.ADD_TOTP, [id, userId, totp.createdAt, now, sealed, name, usedAt, step]);
    return added.length === 0 ? [remarkOf(account, 'factor_dropped', 'totp')] : [];
  }

  private async addCodes(account: IncomingAccount, userId: number, tx: Queries): Promise<void> {
    const digests = codeDigests(account, userId, this.receiver.keys);
    if (digests.length > 0) await tx.run(sql.ADD_CODES, [userId, digests]);
  }

  /** A code that was used there is used here too; none that was used here comes back. */
  private async changeCodes(
    account: IncomingAccount,
    userId: number,
    before: readonly string[],
    tx: Queries,
  ): Promise<void> {
    const now = codeDigests(account, userId, this.receiver.keys);
    const names = new Set(now.map((each) => each.toString('hex')));
    const gone = before.filter((each) => !names.has(each)).map((each) => Buffer.from(each, 'hex'));
    if (gone.length > 0) await tx.run(sql.REMOVE_CODES, [userId, gone]);
    const added = now.filter((each) => !before.includes(each.toString('hex')));
    if (added.length > 0) await tx.run(sql.ADD_CODES, [userId, added]);
  }

  private async addIdentities(
    account: IncomingAccount,
    identities: IncomingAccount['identities'],
    userId: number,
    now: Date,
    tx: Queries,
  ): Promise<{ providers: string[]; remarks: Remark[] }> {
    if (identities.length === 0) return { providers: [], remarks: [] };
    const rows = identities.map(({ exported, ...each }) => ({
      is_unproven: !account.isVerified,
      ...exported,
      id: (account.id === userId ? exported?.id : undefined) ?? uuidv7({ msecs: now.getTime() }),
      user_id: userId,
      provider: each.provider,
      issuer: each.issuer,
      subject: each.subject,
      email: each.email,
      created_at: each.createdAt ?? now.toISOString(),
    }));
    const added = await tx.run(sql.ADD_IDENTITIES, [JSON.stringify(rows)]);
    return {
      providers: added.map(({ provider }) => provider),
      remarks: added.length < rows.length ? [remarkOf(account, 'account_taken')] : [],
    };
  }
}
