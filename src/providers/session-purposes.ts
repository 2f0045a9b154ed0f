import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { type ErrorCode, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { SessionReauthentication } from '../users/sessions/session-reauthentication.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { Sessions } from '../users/sessions/sessions.js';
import { IdentityLinks } from './identity-links.js';
import type { FoundAccount } from './linking.js';
import { methodsOf } from './provider.js';

/** What signed-in users go to a provider for, and whose session it is. */
export interface SessionPurpose {
  purpose: 'link' | 'reauthenticate';
  userId: number;
  sessionId: string;
}

const EVENT = { link: 'identity_linked', reauthenticate: 'reauthentication' } as const;

/** Their user or the provider has given up, or nobody was asked. */
const NO_ATTEMPT: readonly ErrorCode[] = ['access_denied', 'provider_unavailable', 'rate_limited'];

/** Links an account at a provider to a signed-in user, or lets them authenticate again by one that is linked. */
@Injectable()
export class SessionPurposes {
  constructor(
    private readonly db: Database,
    private readonly sessions: Sessions,
    private readonly links: IdentityLinks,
    private readonly reauthentication: SessionReauthentication,
    private readonly audit: Audit,
  ) {}

  /**
   * For the session that asked, which has to be alive still.
   *
   * @returns the outcome in words of the API. **Errors** `login_expired`, `identity_not_found`, `identity_taken`.
   */
  finish(
    found: FoundAccount,
    { purpose, userId, sessionId }: SessionPurpose,
    caller: Caller,
  ): Promise<'linked' | 'reauthenticated'> {
    return this.db.transaction(async (tx) => {
      // The owner of the address may be taking the account over: the link comes before and is removed, or finds no session.
      await tx.run(LOCK_USER, [userId]);
      const session = await this.sessions.findOwn(userId, sessionId, tx);
      if (!session?.user.isActive) throw new TokenjarError('login_expired');
      if (purpose === 'link') {
        await this.links.demandOwn(session.user, found, tx, caller);
        return 'linked';
      }
      if (!(await this.links.isLinkedTo(userId, found, tx))) throw new TokenjarError('identity_not_found');
      if (!(await this.reauthentication.note({ userId, sessionId }, methodsOf(found), tx, caller)))
        throw new TokenjarError('login_expired');
      return 'reauthenticated';
    });
  }

  /** Records that somebody was refused, for the user to see in the activity. */
  async recordRefusal(
    { purpose, userId, sessionId }: SessionPurpose,
    { code: reason }: TokenjarError,
    caller: Caller,
  ): Promise<void> {
    if (NO_ATTEMPT.includes(reason)) return;
    await this.audit.record({
      event: EVENT[purpose],
      outcome: 'failure',
      reason,
      userId,
      sessionId,
      caller,
    });
  }
}
