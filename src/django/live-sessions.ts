import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { SessionOpening } from '../users/sessions/session-opening.js';
import * as sql from './live-session-statements.js';
import { issuedAtOf, type SiteToken } from './site-tokens.js';
import { digestOf, TokenHolders } from './token-holders.js';

/** Another request with the same token was faster, or something has ended the sessions of the user. */
class Overtaken extends Error {}

/**
 * The sessions that refresh tokens of the Django site continue here.
 *
 * One token is one session. The first request that presents it opens the session; others, in parallel or later, find it,
 * until its own token has been replaced. The session was opened at the site, so no factor is asked for now: it has one
 * factor, and is as old as its token says.
 */
@Injectable()
export class LiveSessions {
  constructor(
    private readonly db: Database,
    /** Whose tokens they are. */
    readonly holders: TokenHolders,
    private readonly opening: SessionOpening,
    private readonly ending: SessionEnding,
    private readonly clock: Clock,
  ) {}

  /**
   * **Errors** `token_blacklisted`, `token_password_changed`, `user_inactive`, `user_not_found`, `session_limit_reached`,
   * `sign_in_refused`, `hook_failed`.
   */
  async continue(
    token: SiteToken,
    bindsPassword: boolean,
    caller: Caller,
    cookieProtection: number,
  ): Promise<RefreshSubject> {
    const found = await this.holders.find(token, bindsPassword);
    if (found.lookupId !== undefined) return subjectOf(token, found.userId, found.lookupId);
    await this.holders.demandOfHost(found.userId, caller);
    const lookupId = randomBytes(16).toString('hex');
    try {
      await this.open(token, { userId: found.userId, lookupId }, caller, cookieProtection);
      return subjectOf(token, found.userId, lookupId);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      const again = await this.holders.find(token, bindsPassword);
      if (again.lookupId === undefined) throw new TokenjarError('token_blacklisted');
      return subjectOf(token, again.userId, again.lookupId);
    }
  }

  /** Accepts a token no more, and ends its session. @returns whether it could have been used. */
  async end(token: SiteToken, reason: 'logout' | 'blacklist', caller: Caller): Promise<boolean> {
    const expiresAt = new Date(token.expiresAt * 1000);
    if ((await this.db.run(sql.REFUSE_TOKEN, [digestOf(token), expiresAt])).length > 0) return true;
    const [row] = await this.db.run(sql.FIND_TOKEN, [digestOf(token), token.subject]);
    if (!row || row.lookupId === null || row.userId === null) return false;
    const session = { lookupId: row.lookupId.replaceAll('-', ''), userId: row.userId };
    return this.ending.endByToken(session, reason, caller);
  }

  private async open(
    token: SiteToken,
    { userId, lookupId }: { userId: number; lookupId: string },
    caller: Caller,
    cookieProtection: number,
  ): Promise<void> {
    const now = this.clock.now();
    const expiresAt = new Date(token.expiresAt * 1000);
    const session = await this.opening.open({
      // Of no account: the claim reads it under the lock.
      user: { id: userId, credentialsEpoch: -1, factorsEpoch: -1 },
      authMethods: [],
      caller,
      before: { lookupIds: [], userIds: [], cookieProtection },
      isRemembered: true,
      note: 'legacy_session',
      continues: { lookupId, authenticatedAt: new Date(issuedAtOf(token, now) * 1000), expiresAt },
      claim: async (tx) => {
        const [owner] = await tx.run(sql.CLAIM_TOKEN, [digestOf(token), lookupId, expiresAt, token.subject]);
        if (!owner) throw new Overtaken();
        return owner;
      },
    });
    if (!session) throw new TokenjarError('token_blacklisted');
  }
}

/** Generation 0: what came before the session's own first token. */
const subjectOf = (token: SiteToken, userId: number, lookupId: string): RefreshSubject => ({
  userId,
  lookupId,
  generation: 0,
  issuedAt: token.issuedAt ?? 0,
  expiresAt: token.expiresAt,
});
