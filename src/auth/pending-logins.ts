import { Injectable } from '@nestjs/common';
import { addSeconds, Clock, epochSeconds } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { isUnavailable } from '../database/unavailable.js';
import { TokenjarError } from '../errors.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { isSameState, stateOf } from '../users/one-time-tokens.js';
import type { SeenUser } from '../users/user.entity.js';
import { digestOf, newLoginSecret } from './login-secrets.js';
import type { StepNeed } from './second-steps.js';

/** **Unit** seconds. */
const LIFETIME = 300;
/** The number of wrong answers after which the login has to start over. **Source** ASVS 5.0 6.3.1, 6.6.3. */
const MOST_FAILURES = 5;
/**
 * Pending logins of one account at a time, also with `RATE_LIMIT=off`: else whoever has the password begins another one
 * for every five guesses.
 */
const MOST_PENDING = 30;

/** A row of a login that lacks a step. */
export interface PendingLoginRow {
  digest: Buffer;
  userId: number;
  methods: AuthMethod[];
  boundTo: Buffer;
  remember: boolean;
  scope: string | null;
  expiresAt: Date;
}

/** A login that lacks a step, with its user. */
export interface NewPendingLogin {
  account: SeenUser;
  methods: readonly AuthMethod[];
  need: StepNeed;
  remember: boolean;
  scope: string | null;
}

const ADD = statement<
  [
    digest: Buffer,
    userId: number,
    methods: readonly AuthMethod[],
    needs: string,
    boundTo: Buffer,
    remember: boolean,
    scope: string | null,
    expiry: Date,
    now: Date,
    most: number,
  ]
>(
  'pending_login_add',
  `INSERT INTO tokenjar.pending_logins (digest, user_id, methods, needs, bound_to, remember, scope, expires_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8
    WHERE (SELECT count(*) FROM tokenjar.pending_logins WHERE user_id = $2 AND expires_at > $9) < $10
    RETURNING 1`,
);
/** Live ones. */
const FIND = statement<[digests: readonly Buffer[], now: Date, mostFailures: number], PendingLoginRow>(
  'pending_login_find',
  `SELECT digest, user_id AS "userId", methods, bound_to AS "boundTo", remember, scope, expires_at AS "expiresAt"
    FROM tokenjar.pending_logins WHERE digest = ANY ($1::bytea[]) AND expires_at > $2 AND failures < $3`,
);
/** Counted before the answer is judged, so that concurrent answers do not pass together. */
const COUNT_FAILURE = statement<[digest: Buffer, now: Date, mostFailures: number], { failures: number }>(
  'pending_login_count_failure',
  `UPDATE tokenjar.pending_logins SET failures = failures + 1
    WHERE digest = $1 AND expires_at > $2 AND failures < $3 RETURNING failures`,
);
const REFUND_FAILURE = statement<[digest: Buffer]>(
  'pending_login_refund_failure',
  'UPDATE tokenjar.pending_logins SET failures = greatest(failures - 1, 0) WHERE digest = $1',
);
/** A step succeeded, which is not counted as a wrong answer, and another one is missing. */
const GO_ON = statement<
  [digest: Buffer, now: Date, methods: readonly AuthMethod[], needs: string, boundTo: Buffer]
>(
  'pending_login_go_on',
  `UPDATE tokenjar.pending_logins SET methods = $3, needs = $4, bound_to = $5, failures = greatest(failures - 1, 0)
    WHERE digest = $1 AND expires_at > $2 RETURNING 1`,
);
/** Those that began with a method. */
const REMOVE_BY_METHOD = statement<[userId: number, method: AuthMethod]>(
  'pending_login_remove_by_method',
  'DELETE FROM tokenjar.pending_logins WHERE user_id = $1 AND $2 = ANY (methods)',
);
/** Of concurrent requests one succeeds: the others wait for its transaction and find nothing. */
const CONSUME = statement<[digest: Buffer, now: Date]>(
  'pending_login_consume',
  'DELETE FROM tokenjar.pending_logins WHERE digest = $1 AND expires_at > $2 RETURNING 1',
);

/**
 * Logins that lack a step.
 *
 * The holder of the secret may continue the login for five minutes and five wrong answers, while the password, address
 * and factors of the account are unchanged. There is no session and no token before the login is finished.
 *
 * **Shape** of the secret: 32 random bytes, base64url. The database contains only its digest.
 */
@Injectable()
export class PendingLogins {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** @returns the secret and its lifetime. **Unit** seconds. **Errors** `rate_limited`. */
  async begin({ account, methods, need, remember, scope }: NewPendingLogin): Promise<{
    secret: string;
    expiresIn: number;
  }> {
    const secret = newLoginSecret();
    const digest = digestOf(secret);
    const now = this.clock.now();
    const expiry = addSeconds(now, LIFETIME);
    const boundTo = boundStateOf(account, need);
    const facts = [digest, account.id, methods, need.kind, boundTo, remember, scope, expiry] as const;
    const added = await this.db.transaction(async (tx) => {
      // Others, on whichever instance, wait and then count this one.
      await tx.run(LOCK_USER, [account.id]);
      return tx.run(ADD, [...facts, now, MOST_PENDING]);
    });
    if (added.length === 0)
      throw new TokenjarError('rate_limited', {
        retryAfter: LIFETIME,
        limit: { name: 'pending-logins', quota: MOST_PENDING, window: LIFETIME },
      });
    return { secret, expiresIn: LIFETIME };
  }

  /**
   * Finds the live one among the secrets that were sent. If two are alive, one was planted, and we cannot tell which.
   * **Errors** `login_expired`.
   */
  async find(secrets: readonly string[]): Promise<PendingLoginRow> {
    const digests = [...new Set(secrets)].map(digestOf);
    const rows =
      digests.length === 0 ? [] : await this.db.run(FIND, [digests, this.clock.now(), MOST_FAILURES]);
    const [row, ...others] = rows;
    if (!row || others.length > 0) throw new TokenjarError('login_expired');
    return row;
  }

  /** **Unit** seconds. */
  remainingOf({ expiresAt }: PendingLoginRow): number {
    return epochSeconds(expiresAt) - epochSeconds(this.clock.now());
  }

  /** Whether the state that the login was bound to when it began is unchanged. */
  isBoundTo({ boundTo }: PendingLoginRow, account: SeenUser, need: StepNeed): boolean {
    return isSameState(boundTo, boundStateOf(account, need));
  }

  /**
   * Lets a step judge an answer, and counts it if it is wrong (undefined).
   *
   * @returns also whether it is the last one, which ends the login if it is wrong. **Errors** `login_expired` after too many wrong answers; those of `verify`, which are not counted.
   */
  async attempt<Proved>(
    { digest }: PendingLoginRow,
    verify: () => Promise<Proved | undefined>,
  ): Promise<{ proved: Proved | undefined; isLast: boolean }> {
    const [counted] = await this.db.run(COUNT_FAILURE, [digest, this.clock.now(), MOST_FAILURES]);
    if (!counted) throw new TokenjarError('login_expired');
    try {
      return { proved: await verify(), isLast: counted.failures >= MOST_FAILURES };
    } catch (error) {
      await this.refund({ digest });
      throw error;
    }
  }

  /** Takes back what {@link attempt} counted: the answer was not judged, or it was right and opened no session. */
  async refund({ digest }: Pick<PendingLoginRow, 'digest'>): Promise<void> {
    try {
      await this.db.run(REFUND_FAILURE, [digest]);
    } catch (error) {
      // It stays counted, which must not hide why there is no session.
      if (!isUnavailable(error)) throw error;
    }
  }

  /**
   * Records that a step succeeded and another one is missing. @returns the remaining time. **Errors** `login_expired`.
   */
  async goOn(
    { digest, expiresAt }: PendingLoginRow,
    { account, methods, need }: Pick<NewPendingLogin, 'account' | 'methods' | 'need'>,
  ): Promise<number> {
    const now = this.clock.now();
    const values = [digest, now, methods, need.kind, boundStateOf(account, need)] as const;
    if ((await this.db.run(GO_ON, [...values])).length === 0) throw new TokenjarError('login_expired');
    return epochSeconds(expiresAt) - epochSeconds(now);
  }

  /** Ends those of an account that began with a method which does not count any more. */
  async removeBy(userId: number, method: AuthMethod, tx: Queries): Promise<void> {
    await tx.run(REMOVE_BY_METHOD, [userId, method]);
  }

  /** Uses up a login in the transaction that opens its session. **Errors** `login_expired`. */
  async consume({ digest }: PendingLoginRow, tx: Queries): Promise<void> {
    if ((await tx.run(CONSUME, [digest, this.clock.now()])).length === 0)
      throw new TokenjarError('login_expired');
  }
}

/** The epoch changes with the password, the address and a deactivation. */
const boundStateOf = ({ id, credentialsEpoch }: SeenUser, { state }: StepNeed): Buffer =>
  stateOf('pending login', String(id), String(credentialsEpoch), state);
