import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { PasswordChangeInput } from '../http/payloads.js';
import type { Principal } from '../http/principal.js';
import { Outbox } from '../mail/outbox.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import type { SessionWithUser } from '../users/sessions/sessions.js';
import { Sessions } from '../users/sessions/sessions.js';
import type { User } from '../users/user.entity.js';
import { Users, withNewPassword } from '../users/users.js';
import { NewPasswords } from './new-password.js';
import { type HookAnswers, TokenAnswers } from '../auth/token-answer.js';
import { PasswordProof } from '../auth/password-proof.js';

/** Changes the user's own password. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly ending: SessionEnding,
    private readonly proof: PasswordProof,
    private readonly newPasswords: NewPasswords,
    private readonly outbox: Outbox,
    private readonly answers: TokenAnswers,
  ) {}

  /**
   * Replaces the password and ends all other sessions, in one transaction.
   *
   * @param renewAfter the age from which this session's refresh token is replaced; undefined never replaces it.
   * **Unit** seconds.
   * @returns the current session, which stays alive, whether its refresh token was replaced, and the account before and
   * after, and what the host adds to the answer.
   *
   * **Errors** `insufficient_user_authentication`, `bad_credentials`, `rate_limited`, `input_invalid`, `password_*`,
   * `token_blacklisted`, `server_busy`, `hook_failed`.
   * **Source** ASVS 5.0 7.4.3, 6.2.3.
   */
  async change(
    me: Principal,
    input: PasswordChangeInput,
    caller: Caller,
    renewAfter: number | undefined,
  ): Promise<{
    session: SessionWithUser;
    isRenewed: boolean;
    before: User;
    after: User;
    asked: HookAnswers | undefined;
  }> {
    const { oldPassword, newPassword, confirmation, fieldErrors } = input;
    const user = await this.proof.verifyForChange(me, oldPassword, caller);
    // An account without a password gets one by an email.
    if (!user || user.passwordHash === null)
      throw new TokenjarError('bad_credentials', {
        errors: { ...fieldErrors, oldPassword: ['The password is wrong.'] },
      });
    const { email, username } = user;
    const choice = { field: 'newPassword', email, username, confirmation, fieldErrors };
    const newHash = await this.newPasswords.hash(newPassword, choice, caller);
    const asked = await this.answers.askFor(me, user);

    return this.db.transaction(async (tx) => {
      if (!(await this.users.replacePasswordHash(user, newHash, tx, caller)))
        throw new TokenjarError('bad_credentials');
      const renewed =
        renewAfter === undefined
          ? undefined
          : await this.sessions.renew(me.userId, me.sessionId, renewAfter, tx);
      const session = renewed ?? (await this.sessions.findOwn(me.userId, me.sessionId, tx));
      if (!session) throw new TokenjarError('token_blacklisted');
      await this.ending.endOthers(me.userId, me.sessionId, 'password_change', tx, caller);
      await this.outbox.notify('password_changed', user, null, tx);
      const isRenewed = renewed !== undefined;
      return { session, isRenewed, before: user, after: withNewPassword(user), asked };
    });
  }
}
