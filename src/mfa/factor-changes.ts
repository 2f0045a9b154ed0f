import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { WaysIn } from '../auth/ways-in.js';
import { columnsOf } from '../database/columns.js';
import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import type { EventName } from '../events.js';
import type { Caller } from '../http/caller.js';
import type { EmailValues, Notice } from '../mail/email.js';
import { Outbox } from '../mail/outbox.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { Sessions } from '../users/sessions/sessions.js';
import { User, USER_FIELDS } from '../users/user.entity.js';
import type { FactorType } from './factor.entity.js';

/** The session that a change comes from. */
export interface ChangingSession {
  userId: number;
  sessionId: string;
}

/** Locks the user: sign-ins in progress wait, and then see the change. */
const LOCK = statement<[userId: number], User>(
  'factors_lock_user',
  `SELECT ${columnsOf('u', USER_FIELDS)} FROM tokenjar.users u WHERE u.id = $1 FOR NO KEY UPDATE`,
);

/** What every change of the factors of an account includes, in its transaction. */
@Injectable()
export class FactorChanges {
  constructor(
    private readonly sessions: Sessions,
    private readonly ending: SessionEnding,
    private readonly audit: Audit,
    private readonly outbox: Outbox,
    private readonly waysIn: WaysIn,
  ) {}

  /** Locks an account and reads it as it is. **Errors** `user_not_found`, `user_inactive`. */
  async lock(userId: number, tx: Queries): Promise<User> {
    const [user] = await tx.run(LOCK, [userId]);
    if (!user) throw new TokenjarError('user_not_found');
    if (!user.isActive) throw new TokenjarError('user_inactive');
    return user;
  }

  /**
   * Ends the other sessions of the user, whose factors have changed, and records that this one has proven more.
   *
   * @param session undefined for a login, whose session is opened in the same transaction after that.
   * **Errors** `token_blacklisted`. **Source** ASVS 5.0 7.4.3.
   */
  async settle(
    userId: number,
    session: ChangingSession | undefined,
    methods: readonly AuthMethod[],
    tx: Queries,
    by: Caller,
  ): Promise<void> {
    if (!session) return this.ending.endEach(userId, 'factor_change', tx, by);
    if (!(await this.sessions.raise(session, methods, tx))) throw new TokenjarError('token_blacklisted');
    await this.ending.endOthers(userId, session.sessionId, 'factor_change', tx, by);
  }

  /**
   * Demands that an account can still be signed in to without a passkey that it had.
   *
   * **Errors** `last_sign_in_method`.
   */
  async demandWayIn(user: User, removed: FactorType, tx: Queries): Promise<void> {
    if (removed === 'passkey') await this.waysIn.demandOne(user, tx);
  }

  /** The blacklist knows of ended sessions a moment later than the database. **Errors** `token_blacklisted`. */
  async demandLive(session: ChangingSession, tx: Queries): Promise<void> {
    if (!(await this.sessions.raise(session, [], tx))) throw new TokenjarError('token_blacklisted');
  }

  /** Records a change, and tells the owner. */
  async tell(
    event: EventName & Notice,
    user: User,
    type: FactorType | undefined,
    session: ChangingSession | undefined,
    tx: Queries,
    caller: Caller,
  ): Promise<void> {
    await this.record(event, user.id, type, session, tx, caller);
    await this.outbox.notify(event, user, null, tx, type && { factor: type });
  }

  /** @param values the values for the text, besides the time. */
  async notify(event: Notice, user: User, tx: Queries, values?: EmailValues): Promise<void> {
    await this.outbox.notify(event, user, null, tx, values);
  }

  async record(
    event: EventName,
    userId: number,
    reason: string | undefined,
    session: ChangingSession | undefined,
    tx: Queries,
    caller: Caller,
  ): Promise<void> {
    const facts = { userId, caller, ...(reason !== undefined && { reason }) };
    const sessionId = session?.sessionId;
    await this.audit.record(
      { event, outcome: 'success', ...facts, ...(sessionId !== undefined && { sessionId }) },
      tx,
    );
  }
}
