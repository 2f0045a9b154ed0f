import { createHmac, type KeyObject } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { type ErrorCode, TokenjarError } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { Metrics } from '../../measures.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import { SecurityNotices } from '../security-notices.js';
import { isDue, judge, type RefreshRules, type Verdict } from './refresh-rules.js';
import { SessionEnding } from './session-ending.js';
import { SharedAdvances } from './shared-advances.js';
import { type SeenSession, Sessions, type SessionWithUser } from './sessions.js';

/** What became of a refresh token that was good. */
export interface Refreshed {
  session: SessionWithUser;
  /** What became of the refresh token: `kept` the one in hand, `issued` a new one, or `repeated` the current one. */
  outcome: 'kept' | 'issued' | 'repeated';
  verdict: Verdict;
}

/** Token under which the key of the wait's random part is injected. */
export const WAIT_KEY = Symbol('tokenjar.waitKey');

/** What becomes of a token that is refused, for the metrics. */
const REFUSALS: Partial<Record<ErrorCode, string>> = {
  refresh_pending: 'wait',
  token_expired: 'expired',
  token_reused: 'reuse',
  token_blacklisted: 'ended',
  user_not_found: 'ended',
  user_inactive: 'inactive',
  device_proof_required: 'unproven',
};

/** A race is lost to a winner, so judging again ends it; more than a few times means something else is wrong. */
const MOST_TRIES = 5;

/** The heart: what a refresh token is worth is judged by pure rules, and carried out by a compare-and-swap. */
@Injectable()
export class SessionRefresh {
  private readonly logger = new Logger('Tokenjar');
  private readonly rules: RefreshRules;

  constructor(
    private readonly sessions: Sessions,
    private readonly shared: SharedAdvances,
    private readonly ending: SessionEnding,
    private readonly notices: SecurityNotices,
    private readonly clock: Clock,
    @Inject(OPTIONS) options: Options,
    @Inject(WAIT_KEY) private readonly waitKey: KeyObject,
    private readonly metrics: Metrics,
  ) {
    const { rotateRefreshTokens, refreshRotateAfter, refreshGrace, refreshGiveUp, leeway } = options;
    this.rules = {
      rotateAfter: rotateRefreshTokens ? refreshRotateAfter : Infinity,
      grace: refreshGrace,
      giveUp: refreshGiveUp,
      leeway,
    };
  }

  /**
   * Refreshes a session by the rules of {@link judge}: one statement, and one more after a lost race.
   *
   * @param isProven whether the device has proven itself, in case the session is bound to one.
   *
   * **Errors** `token_expired`, `token_blacklisted`, `token_reused`, `user_inactive`, `user_not_found`,
   * `refresh_pending`, `device_proof_required`.
   */
  async refresh(token: RefreshSubject, caller: Caller, isProven = false): Promise<Refreshed> {
    try {
      const refreshed = await this.advance(token, caller, isProven);
      this.metrics.add('tokenjar_refreshes_total', 1, refreshed.verdict);
      return refreshed;
    } catch (error) {
      const refusal = error instanceof TokenjarError ? REFUSALS[error.code] : undefined;
      if (refusal !== undefined) this.metrics.add('tokenjar_refreshes_total', 1, refusal);
      throw error;
    }
  }

  private async advance(token: RefreshSubject, caller: Caller, isProven: boolean): Promise<Refreshed> {
    const arrivedAt = this.clock.now();
    if (isDue(token, arrivedAt, this.rules)) {
      const rotated = await this.shared.advance(token, caller, arrivedAt, isProven);
      if (rotated) return { session: rotated, outcome: 'issued', verdict: 'rotate' };
    }
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const refreshed = await this.judgeAndAct(token, caller, arrivedAt, isProven);
      if (refreshed) return refreshed;
    }
    throw this.pending();
  }

  /** Judges a token as a refresh would, and does nothing. **Errors** those of a refresh that ends a session. */
  async verify(token: RefreshSubject): Promise<void> {
    const session = await this.findExisting(token);
    const verdict = this.judge(session, token);
    if (verdict === 'expired') throw new TokenjarError('token_expired');
    if (verdict === 'reuse_orphan' || verdict === 'reuse_ancestor')
      throw new TokenjarError('token_blacklisted');
  }

  /** Judges by the row as it is now, and acts; `undefined` when somebody else moved the row in between. */
  private async judgeAndAct(
    token: RefreshSubject,
    caller: Caller,
    arrivedAt: Date,
    isProven: boolean,
  ): Promise<Refreshed | undefined> {
    const session = await this.findExisting(token);
    const seen = { ...session, userId: token.userId, rotated: momentOf(session.rotatedAt), isProven };
    const verdict = this.judge(session, token);
    // Before any of the rules acts: a thief's old copy must not end the session of the owner. One that has expired would
    // ask its browser for proofs for ever.
    if (session.isBound && !isProven && verdict !== 'expired')
      throw new TokenjarError('device_proof_required', { account: session.id });
    switch (verdict) {
      case 'keep':
        return { session, outcome: 'kept', verdict };
      case 'repeat':
        return { session, outcome: 'repeated', verdict };
      case 'wait':
        throw this.pending();
      case 'expired':
        throw new TokenjarError('token_expired');
      case 'rotate':
        return issued(await this.sessions.advance(seen, token.generation, caller), verdict);
      case 'reissue':
        this.dropIfNobodyWaits(caller, arrivedAt);
        // The parent stays: whoever else holds it still finds the way, the displaced child becomes an orphan.
        return issued(await this.sessions.advance(seen, token.generation, caller), verdict);
      case 'adopt':
        this.dropIfNobodyWaits(caller, arrivedAt);
        this.logger.error(
          `Session ${session.id}: its refresh token is newer than its row. The database was set back; the token was adopted.`,
        );
        return this.adopt(seen, token, caller);
      case 'reuse_orphan':
      case 'reuse_ancestor':
        this.dropIfNobodyWaits(caller, arrivedAt);
        if (await this.ending.endByToken(token, verdict, caller)) {
          this.logger.warn(
            `Session ${session.id}: a replaced refresh token was used again (${verdict}); the session was ended.`,
          );
          await this.notices.tokenReused(session.user, caller);
        }
        throw new TokenjarError('token_reused');
    }
  }

  /**
   * A young token becomes the current one, with the parent and the age that it had. Replaced at once, a second
   * generation would pass within the time in which a late request or a crash may bring back its parent.
   */
  private async adopt(
    seen: SeenSession,
    token: RefreshSubject,
    caller: Caller,
  ): Promise<Refreshed | undefined> {
    if (isDue(token, this.clock.now(), this.rules))
      return issued(await this.sessions.advance(seen, token.generation, caller), 'adopt');
    const session = await this.sessions.restore(seen, token, caller);
    return session && { session, outcome: 'kept', verdict: 'adopt' };
  }

  private judge(session: SessionWithUser, token: RefreshSubject) {
    return judge(session, token, this.clock.now(), this.rules, this.spreadOf(session));
  }

  /** **Errors** `token_blacklisted`, `user_not_found`, `user_inactive`. */
  private async findExisting(token: RefreshSubject): Promise<SessionWithUser> {
    const session = await this.sessions.find(token);
    // A session goes with its user; which of them is gone is asked only when one is.
    if (!session) {
      const { hasUser, wasReplaced } = await this.sessions.lost(token);
      // Another tab signed in: its cookie may be in the jar by now, and must not be cleared with this one.
      throw new TokenjarError(hasUser ? 'token_blacklisted' : 'user_not_found', { isReplaced: wasReplaced });
    }
    if (!session.user.isActive) throw new TokenjarError('user_inactive');
    return session;
  }

  /**
   * Drops a request that nobody waits for: its connection has closed, or it arrived longer ago than a client waits.
   *
   * A late request would displace a token that has been delivered since, and end an honest session.
   */
  private dropIfNobodyWaits(caller: Caller, arrivedAt: Date): void {
    const waited = (this.clock.now().getTime() - arrivedAt.getTime()) / 1000;
    if (!caller.isConnected() || waited > this.rules.giveUp) throw this.pending();
  }

  /** The random part of the wait: fixed for one rotation, and nobody outside can compute it. */
  private spreadOf({ id, rotatedAt }: SessionWithUser): number {
    const digest = createHmac('sha256', this.waitKey).update(`${id} ${rotatedAt.getTime()}`).digest();
    return digest.readUInt32BE() / 2 ** 32;
  }

  /** Says nothing of when the wait ends, lest a thief learn when to come. */
  private pending(): TokenjarError {
    return new TokenjarError('refresh_pending', {
      retryAfter: Math.max(1, Math.ceil(this.rules.giveUp / 4)),
    });
  }
}

const issued = (session: SessionWithUser | undefined, verdict: Verdict): Refreshed | undefined =>
  session && { session, outcome: 'issued', verdict };

/** One moment, to the millisecond the table keeps. */
const momentOf = (moment: Date): [Date, Date] => [moment, new Date(moment.getTime() + 1)];
