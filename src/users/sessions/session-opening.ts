import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { byOf } from '../../audit/audit.js';
import { addSeconds, Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { Database, type Queries } from '../../database/database.js';
import { isUnavailable } from '../../database/unavailable.js';
import { TokenjarError } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import type { AuthMethod } from '../../tokens/authentication.js';
import type { SeenFactors } from '../user.entity.js';
import { Users } from '../users.js';
import { idleLifetime } from './refresh-rules.js';
import { SessionEnding } from './session-ending.js';
import * as sql from './session-statements.js';
import { type SessionWithUser, toSession } from './session-rows.js';
import { replacedBy, type SignedInBefore } from './signed-in-before.js';

/** The maximum number of concurrent logins of one user, which do not see each other. */
const MOST_AT_ONCE = 32;

/**
 * Uses something up in the transaction that opens a session, or refuses.
 *
 * @returns the account afterwards, if it has changed.
 */
export type Claim = (tx: Queries) => Promise<SeenFactors | undefined>;

/** A session to be opened. */
export interface NewSession {
  /** Chosen beforehand; see {@link SessionOpening.newId}. */
  id?: string | undefined;
  /** The account when the user proved who they are. */
  user: SeenFactors;
  /** The methods used. */
  authMethods: readonly AuthMethod[];
  caller: Caller;
  /** The sessions that the browser had before. */
  before: SignedInBefore;
  /** Whether the session outlives the browser. */
  isRemembered: boolean;
  /** The permissions that it has at most; null for all that the user has. **Shape** separated by spaces. */
  scope?: string | null | undefined;
  /** The reason in the audit trail, such as `new_device`. */
  note?: string | undefined;
  claim?: Claim | undefined;
  /** The session of another system that it continues. */
  continues?: ContinuedSession | undefined;
}

/** A session that was opened by another system. */
export interface ContinuedSession {
  /** The name in refresh tokens, chosen beforehand. **Shape** 32 hexadecimal digits. */
  lookupId: string;
  /** Not now: nobody has proven anything. */
  authenticatedAt: Date;
  /** When its token there expires; without rotation, it lives as long as that. */
  expiresAt: Date;
}

/** Opens sessions. */
@Injectable()
export class SessionOpening {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly ending: SessionEnding,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Opens a session; `undefined` if the user was deactivated, or the password or address replaced, meanwhile.
   *
   * Sessions that the browser had before end in the same statement, even those of other users, because nobody could
   * sign out of them any more. **Source** ASVS 5.0 7.2.4.
   *
   * **Errors** `session_limit_reached`.
   */
  async open(begun: NewSession): Promise<SessionWithUser | undefined> {
    const session = await this.openWithinLimit(begun);
    if (session && !begun.continues && this.options.updateLastLogin) await this.noteLogin(session);
    return session;
  }

  /** For whoever has to know it before the session is opened. */
  newId(): string {
    return uuidv7({ msecs: this.clock.now().getTime() });
  }

  /** Ends a session whose tokens never reached anybody. */
  async undo({ id, user }: SessionWithUser, caller: Caller): Promise<void> {
    await this.ending.endOne(user.id, id, 'sign_in_failed', caller);
  }

  private async openWithinLimit(begun: NewSession): Promise<SessionWithUser | undefined> {
    const { sessionLimit, sessionLimitPolicy } = this.options;
    if (begun.claim === undefined) {
      if (sessionLimit === 0) return (await this.insert(this.db, begun))?.session;
      if (sessionLimitPolicy === 'end_oldest' && sessionLimit > MOST_AT_ONCE) return this.openAndTrim(begun);
    }
    return this.db.transaction(async (tx) => {
      // The user is locked before dependent rows, in the same order as when an account is deleted.
      await tx.run(sql.LOCK_USER, [begun.user.id]);
      const user = (await begun.claim?.(tx)) ?? begun.user;
      if (sessionLimit > 0) await this.makeRoom(begun, tx);
      return (await this.insert(tx, { ...begun, user }))?.session;
    });
  }

  /**
   * Opens a session, and ends the oldest ones only if the limit is near; otherwise a login would take three more
   * statements. Each of several concurrent logins sees what the others have opened by the time it ends some, so the
   * last one leaves no more than the limit.
   */
  private async openAndTrim(begun: NewSession): Promise<SessionWithUser | undefined> {
    const opened = await this.insert(this.db, begun);
    const { sessionLimit } = this.options;
    if (opened && opened.others + MOST_AT_ONCE >= sessionLimit)
      await this.ending.endOldest(begun.user.id, sessionLimit + 1, this.db, begun.caller, []);
    return opened?.session;
  }

  private async makeRoom({ user, caller, before }: NewSession, tx: Queries): Promise<void> {
    const { sessionLimit, sessionLimitPolicy } = this.options;
    if (sessionLimitPolicy === 'end_oldest')
      return this.ending.endOldest(user.id, sessionLimit, tx, caller, before.lookupIds);
    const [row] = await tx.run(sql.COUNT, [user.id, this.clock.now(), before.lookupIds]);
    if (row && row.count >= sessionLimit) throw new TokenjarError('session_limit_reached');
  }

  private async insert(
    queries: Queries,
    { id, user, authMethods, caller, before, isRemembered, scope, note, continues }: NewSession,
  ): Promise<{ session: SessionWithUser; others: number } | undefined> {
    const now = this.clock.now();
    const values: sql.OpenValues = [
      id ?? this.newId(),
      continues?.lookupId ?? randomBytes(16).toString('hex'),
      user.id,
      user.credentialsEpoch,
      now,
      this.idleExpiry(now, isRemembered, continues),
      addSeconds(now, this.options.sessionMaxLifetime),
      caller.userAgent,
      caller.ip,
      authMethods,
      ...byOf(caller),
      note ?? null,
      before.cookieProtection,
      isRemembered,
      user.factorsEpoch,
      scope ?? null,
      continues?.authenticatedAt ?? now,
    ];
    const [row] =
      before.lookupIds.length === 0
        ? await queries.run(sql.OPEN, values)
        : await this.replace(queries, values, before, now);
    return row && { session: toSession(row), others: row.others };
  }

  private replace(
    queries: Queries,
    values: sql.OpenValues,
    { lookupIds, userIds }: SignedInBefore,
    now: Date,
  ): Promise<sql.ReplacingRow[]> {
    const replaced = [lookupIds, this.ending.entryExpiry(now), userIds] as const;
    return this.ending.run(queries, sql.OPEN_REPLACING, [...values, ...replaced], replacedBy);
  }

  /** What is never replaced cannot live longer than its issuer said, nor has it to be shorter. */
  private idleExpiry(now: Date, isRemembered: boolean, continues: ContinuedSession | undefined): Date {
    return continues && !this.options.rotateRefreshTokens
      ? continues.expiresAt
      : addSeconds(now, idleLifetime(isRemembered, this.options));
  }

  /** The session is open: later failures do not undo it. */
  private async noteLogin({ user, rotatedAt }: SessionWithUser): Promise<void> {
    try {
      await this.users.noteLogin(user.id, rotatedAt);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.logger.warn(`A login could not be recorded: ${String(error)}`);
    }
  }
}
