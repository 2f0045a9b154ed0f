import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { FactorFacts } from '../http/payloads.js';
import type { AuthMethod } from '../tokens/authentication.js';
import type { SeenFactors, User } from '../users/user.entity.js';
import { type ChangingSession, FactorChanges } from './factor-changes.js';
import { Factor, type FactorType } from './factor.entity.js';
import { RecoveryCodes } from './recovery-codes.js';
import { SecondFactorPolicy } from './second-factor-policy.js';

/** A factor that was proven and is to be kept. */
export interface NewFactor {
  /** The account as it was when it was proven. In a login, it must not have changed since. */
  user: SeenFactors;
  /** The session that sets it up; undefined in a login, which opens its session in the same transaction. */
  session?: ChangingSession | undefined;
  type: FactorType;
  name?: string | null | undefined;
  /** What its user has proven by setting it up; added to the session. */
  methods: readonly AuthMethod[];
  caller: Caller;
}

export interface AddedFactor {
  factor: FactorFacts;
  /** With the first factor, shown once. */
  recoveryCodes?: readonly string[];
  /** The account as it is then. */
  account: User;
}

/** Keeps what only one kind of factor has, in its own table. */
export type KeepFactor = (tx: Queries, factorId: string) => Promise<void>;

const ADD = statement<
  [id: string, userId: number, type: FactorType, name: string | null, now: Date],
  FactorFacts
>(
  'factor_add',
  `INSERT INTO tokenjar.factors (id, user_id, type, name, created_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING
    RETURNING id, type, name, created_at AS "createdAt", last_used_at AS "lastUsedAt"`,
);
const RENAME = statement<[id: string, userId: number, name: string], FactorFacts>(
  'factor_rename',
  `UPDATE tokenjar.factors SET name = $3 WHERE id = $1 AND user_id = $2
    RETURNING id, type, name, created_at AS "createdAt", last_used_at AS "lastUsedAt"`,
);
const HOLD = statement<[id: string, userId: number]>(
  'factor_hold',
  'SELECT 1 FROM tokenjar.factors WHERE id = $1 AND user_id = $2 FOR KEY SHARE',
);
const REMOVE = statement<[id: string, userId: number], { type: FactorType }>(
  'factor_remove',
  'DELETE FROM tokenjar.factors WHERE id = $1 AND user_id = $2 RETURNING type',
);
const REMOVE_ALL = statement<[userId: number]>(
  'factors_remove_all',
  `WITH awaited AS (DELETE FROM tokenjar.factor_resets WHERE user_id = $1)
    DELETE FROM tokenjar.factors WHERE user_id = $1 RETURNING 1`,
);

/**
 * The second factors of accounts: the one way to add, rename and remove them, whatever their kind.
 *
 * When one is added or removed, the other sessions of the user end, trusted devices are no longer trusted, the owner gets
 * a notice, and it is recorded in the audit trail. Recovery codes come with the first and go with the last.
 */
@Injectable()
export class Factors {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly changes: FactorChanges,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly policy: SecondFactorPolicy,
  ) {}

  /** The oldest first. */
  async list(userId: number): Promise<FactorFacts[]> {
    const factors = await this.db.repository(Factor).find({ where: { userId }, order: { id: 'ASC' } });
    return factors.map(({ id, type, name, createdAt, lastUsedAt }) => ({
      id,
      type,
      name,
      createdAt,
      lastUsedAt,
    }));
  }

  /** Adds a factor in a transaction of its own. As {@link addIn}. */
  add(keep: KeepFactor, factor: NewFactor): Promise<AddedFactor> {
    return this.db.transaction((tx) => this.addIn(tx, keep, factor));
  }

  /**
   * Adds a factor.
   *
   * **Errors** `factor_exists`, `token_blacklisted`; `login_expired` where the account of a login has changed since.
   */
  async addIn(tx: Queries, keep: KeepFactor, factor: NewFactor): Promise<AddedFactor> {
    const { user: seen, session, type, name = null, methods, caller } = factor;
    const user = await this.changes.lock(seen.id, tx);
    if (!session && !isSame(user, seen)) throw new TokenjarError('login_expired');
    const id = uuidv7({ msecs: this.clock.now().getTime() });
    const [added] = await tx.run(ADD, [id, user.id, type, name, this.clock.now()]);
    if (!added) throw new TokenjarError('factor_exists');
    await keep(tx, id);
    const isFirst = user.secondFactors.length === 0;
    const codes = isFirst ? await this.recoveryCodes.replace(user.id, tx) : undefined;
    await this.changes.settle(user.id, session, methods, tx, caller);
    await this.changes.tell('factor_added', user, type, session, tx, caller);
    const account = await this.changes.lock(user.id, tx);
    return { factor: added, account, ...(codes && { recoveryCodes: codes }) };
  }

  /** **Errors** `factor_not_found`, `token_blacklisted`. */
  rename(session: ChangingSession, id: string, name: string, caller: Caller): Promise<FactorFacts> {
    return this.db.transaction(async (tx) => {
      await this.changes.demandLive(session, tx);
      const [renamed] = await tx.run(RENAME, [id, session.userId, name]);
      if (!renamed) throw new TokenjarError('factor_not_found');
      await this.changes.record('factor_renamed', session.userId, renamed.type, session, tx, caller);
      return renamed;
    });
  }

  /**
   * While second factors are off, none is removed: nobody is asked for one, so a stolen password would be enough to do it.
   *
   * **Errors** `factor_not_found`, `factor_mandatory` for the last one where one is mandatory; `last_sign_in_method`
   * for the passkey without which nobody could sign in; `method_not_available` while second factors are off.
   */
  remove(session: ChangingSession, id: string, caller: Caller): Promise<void> {
    return this.db.transaction(async (tx) => {
      if (!this.policy.isOn) throw new TokenjarError('method_not_available');
      const user = await this.changes.lock(session.userId, tx);
      const [removed] = await tx.run(REMOVE, [id, user.id]);
      if (!removed) throw new TokenjarError('factor_not_found');
      const left = await this.changes.lock(user.id, tx);
      await this.changes.demandWayIn(left, removed.type, tx);
      if (left.secondFactors.length === 0) {
        if (this.policy.isMandatoryFor(user)) throw new TokenjarError('factor_mandatory');
        await this.recoveryCodes.remove(user.id, tx);
      }
      await this.changes.settle(user.id, session, [], tx, caller);
      await this.changes.tell('factor_removed', user, removed.type, session, tx, caller);
    });
  }

  /** Removes what was set up before the owner of the address was known. The sessions are for the caller to end. */
  async forget(user: User, tx: Queries, caller: Caller): Promise<void> {
    if (user.secondFactors.length === 0) return;
    await this.removeAll(user.id, tx);
    await this.changes.record('factors_reset', user.id, 'address_proven', undefined, tx, caller);
    // They have just read an email.
    await this.changes.notify('factors_dropped', { ...user, emailVerified: true }, tx);
  }

  /** Whether a user has a factor, which is not removed before the transaction ends. */
  async hold(userId: number, id: string, tx: Queries): Promise<boolean> {
    return (await tx.run(HOLD, [id, userId])).length === 1;
  }

  /** Removes one, also the last one where one is mandatory. What comes with that is for the caller to see to. @returns its kind. */
  async removeOne(userId: number, id: string, tx: Queries): Promise<FactorType | undefined> {
    return (await tx.run(REMOVE, [id, userId]))[0]?.type;
  }

  /** Removes all factors of an account with its recovery codes, and a removal that was requested. What comes with that is for the caller to see to. */
  async removeAll(userId: number, tx: Queries): Promise<void> {
    await tx.run(REMOVE_ALL, [userId]);
    await this.recoveryCodes.remove(userId, tx);
  }
}

const isSame = (user: SeenFactors, seen: SeenFactors): boolean =>
  user.credentialsEpoch === seen.credentialsEpoch && user.factorsEpoch === seen.factorsEpoch;
