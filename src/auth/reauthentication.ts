import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { ReauthenticationInput } from '../http/pending-sign-in.js';
import type { Principal } from '../http/principal.js';
import { rotationAge } from '../users/sessions/refresh-rules.js';
import { SessionReauthentication } from '../users/sessions/session-reauthentication.js';
import type { Refreshed } from '../users/sessions/session-refresh.js';
import { Sessions, type SessionWithUser } from '../users/sessions/sessions.js';
import type { Device } from './known-devices.js';
import { ReauthenticationProofs } from './reauthentication-proofs.js';

/** Lets a signed-in user authenticate again, before operations that require a recent sign-in. */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly db: Database,
    private readonly sessions: Sessions,
    private readonly noted: SessionReauthentication,
    private readonly proofs: ReauthenticationProofs,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Moves the `auth_time` of the session to now, and its methods to what has been proven. Its refresh token is
   * replaced, unless that was the password alone of an account with a second factor.
   *
   * **Errors** `input_invalid`, `method_not_available`, `bad_credentials`, `second_factor_wrong`, `rate_limited`,
   * `user_not_found`, `user_inactive`, `token_blacklisted`. **Source** ASVS 5.0 7.2.4, 7.5.3; RFC 9470.
   */
  async authenticate(
    me: Principal,
    input: ReauthenticationInput,
    device: Device,
    caller: Caller,
  ): Promise<{ session: SessionWithUser; outcome: Refreshed['outcome'] | 'withheld' }> {
    const { methods, mayRenew } = await this.proofs.verify(me, input, device, caller);
    const age = mayRenew ? rotationAge(this.options) : undefined;
    return this.db.transaction(async (tx) => {
      if (!(await this.noted.note(me, methods, tx, caller))) throw new TokenjarError('token_blacklisted');
      const renewed =
        age === undefined ? undefined : await this.sessions.renew(me.userId, me.sessionId, age, tx);
      const session = renewed ?? (await this.sessions.findOwn(me.userId, me.sessionId, tx));
      if (!session) throw new TokenjarError('token_blacklisted');
      if (!mayRenew) return { session, outcome: 'withheld' };
      // A recent refresh token stays current, but the cookie that carries it may have been lost, so it is sent again.
      return { session, outcome: renewed ? 'issued' : age === undefined ? 'kept' : 'repeated' };
    });
  }
}
