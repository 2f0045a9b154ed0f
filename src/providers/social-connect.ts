import { Injectable } from '@nestjs/common';
import { TokenAnswers } from '../auth/token-answer.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { TokensAndUser } from '../http/payloads.js';
import type { Principal } from '../http/principal.js';
import { Sessions } from '../users/sessions/sessions.js';
import { type SessionPurpose, SessionPurposes } from './session-purposes.js';
import { type PageReturn, SocialReturn } from './social-return.js';

/** Links an account at a provider, with what the provider has given to the page. */
@Injectable()
export class SocialConnect {
  constructor(
    private readonly db: Database,
    private readonly back: SocialReturn,
    private readonly purposes: SessionPurposes,
    private readonly sessions: Sessions,
    private readonly answers: TokenAnswers,
  ) {}

  /**
   * Links it in the session that asked.
   *
   * @returns an access token of the same session. No refresh token comes of an access token. **Errors** those of
   * {@link SocialReturn} and {@link SessionPurposes.finish}.
   */
  async link(returned: PageReturn, { userId, sessionId }: Principal, caller: Caller): Promise<TokensAndUser> {
    const attempt = this.back.attemptOf(returned, 'link');
    if (attempt.userId !== userId || attempt.sessionId !== sessionId)
      throw new TokenjarError('state_missing');
    const session: SessionPurpose = { purpose: 'link', userId, sessionId };
    try {
      const found = await this.back.accountOf(attempt, returned.input, caller);
      await this.purposes.finish(found, session, caller);
    } catch (error) {
      if (error instanceof TokenjarError) await this.purposes.recordRefusal(session, error, caller);
      throw error;
    }
    const own = await this.sessions.findOwn(userId, sessionId, this.db);
    if (!own) throw new TokenjarError('login_expired');
    const { result } = await this.answers.give(own, 'withheld');
    return result;
  }
}
