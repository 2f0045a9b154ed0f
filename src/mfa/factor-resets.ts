import { Inject, Injectable } from '@nestjs/common';
import { type OrderedBy, orderedBy, recorded } from '../audit/audit.js';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Caller } from '../http/caller.js';
import type { FactorType } from './factor.entity.js';
import { FactorReset } from './factor-reset.entity.js';

type DueReset = Pick<FactorReset, 'actor' | 'factorId'>;

const TYPE = '(SELECT type FROM tokenjar.factors WHERE id = factor_id)';
/** Also where there is nothing to remove yet: a factor that is added meanwhile may be a thief's. */
const REQUEST = statement<[userId: number, now: Date, ...by: OrderedBy, factorId: string | null]>(
  'factor_reset_request',
  `WITH requested AS (
      INSERT INTO tokenjar.factor_resets (user_id, actor, requested_at, factor_id) VALUES ($1, $6, $2, $7)
      ON CONFLICT (user_id) DO NOTHING RETURNING user_id, factor_id
    ), audited AS (
      ${recorded({ at: '$2', event: 'factor_reset_requested', reason: TYPE, userId: 'user_id', by: 3, actor: '$6::text' }, 'requested')}
    )
    SELECT 1 FROM requested`,
);
const CANCEL = statement<[userId: number]>(
  'factor_reset_cancel',
  'DELETE FROM tokenjar.factor_resets WHERE user_id = $1 RETURNING 1',
);
const FIND_NEW = statement<[], { userId: number }>(
  'factor_resets_find_new',
  'SELECT user_id AS "userId" FROM tokenjar.factor_resets WHERE due_at IS NULL ORDER BY requested_at',
);
const FIND_DUE = statement<[now: Date], { userId: number }>(
  'factor_resets_find_due',
  'SELECT user_id AS "userId" FROM tokenjar.factor_resets WHERE due_at <= $1 ORDER BY due_at',
);
/** One instance gets it. */
const ANNOUNCE = statement<[userId: number, due: Date], { type: FactorType | null }>(
  'factor_reset_announce',
  `UPDATE tokenjar.factor_resets SET due_at = $2 WHERE user_id IN (
      SELECT user_id FROM tokenjar.factor_resets WHERE user_id = $1 AND due_at IS NULL FOR UPDATE SKIP LOCKED
    ) RETURNING ${TYPE} AS type`,
);
const TAKE_DUE = statement<[userId: number, now: Date], DueReset>(
  'factor_reset_take_due',
  `DELETE FROM tokenjar.factor_resets WHERE user_id IN (
      SELECT user_id FROM tokenjar.factor_resets WHERE user_id = $1 AND due_at <= $2 FOR UPDATE SKIP LOCKED
    ) RETURNING actor, factor_id AS "factorId"`,
);

/**
 * Removals of a second factor of an account or of all of them, for users who have lost them. An operator requests one; a server tells
 * the user by email (if the address is verified), waits, and carries it out unless a session of the user has cancelled it.
 * An email alone is never enough: the mailbox would then be both factors.
 *
 * **Source** ASVS 5.0 6.4.4, 6.5.6.
 */
@Injectable()
export class FactorResets {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'factorResetWait'>,
  ) {}

  /**
   * @param factorId the factor to remove, which the user has; all of them if it is absent.
   * @returns false if one was requested before and is still waiting.
   */
  async request(
    userId: number,
    by: Caller,
    queries: Queries = this.db,
    factorId: string | null = null,
  ): Promise<boolean> {
    const values = [userId, this.clock.now(), ...orderedBy(by), factorId] as const;
    return (await queries.run(REQUEST, [...values])).length === 1;
  }

  /** The removal that a user waits for. Its time is null until it was announced. */
  find(userId: number): Promise<FactorReset | null> {
    return this.db.repository(FactorReset).findOneBy({ userId });
  }

  /** @returns whether there was one. */
  async cancel(userId: number, tx: Queries): Promise<boolean> {
    return (await tx.run(CANCEL, [userId])).length === 1;
  }

  /** The users who have to be told, the first request first. */
  async findNew(): Promise<number[]> {
    return (await this.db.run(FIND_NEW, [])).map(({ userId }) => userId);
  }

  /** The users whose wait is over, the first one first. */
  async findDue(): Promise<number[]> {
    return (await this.db.run(FIND_DUE, [this.clock.now()])).map(({ userId }) => userId);
  }

  /** Begins the wait. @returns the kind of factor, or null for all of them; undefined if another instance does. */
  async announce(userId: number, tx: Queries): Promise<FactorType | null | undefined> {
    const due = addSeconds(this.clock.now(), this.options.factorResetWait);
    return (await tx.run(ANNOUNCE, [userId, due]))[0]?.type;
  }

  /** Takes one whose wait is over. @returns undefined if another instance does, or it was cancelled. */
  async takeDue(userId: number, tx: Queries): Promise<DueReset | undefined> {
    return (await tx.run(TAKE_DUE, [userId, this.clock.now()]))[0];
  }
}
