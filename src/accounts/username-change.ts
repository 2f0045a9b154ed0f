import { Injectable } from '@nestjs/common';
import { StepUp } from '../auth/step-up.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { type Principal, refuseActor, refuseKeys } from '../http/principal.js';
import { newUsername } from '../username.js';
import type { User } from '../users/user.entity.js';
import { Renaming } from '../users/renaming.js';
import { Users } from '../users/users.js';

/** Changes the user's own username, with which they sign in. */
@Injectable()
export class UsernameChange {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly renaming: Renaming,
    private readonly stepUp: StepUp,
  ) {}

  /**
   * Changes it and tells the owner, after a recent sign-in: a stolen access token must not keep the owner out. The one that it is already
   * asks for nothing, because forms send what they do not change.
   *
   * **Errors** `api_key_refused`, `impersonating`, `insufficient_user_authentication`, `input_invalid`,
   * `username_taken`, `user_not_found`, `user_inactive`.
   */
  async change(me: Principal, text: string, caller: Caller, languages: string | null): Promise<User> {
    const user = await this.users.findById(me.userId);
    if (!user) throw new TokenjarError('user_not_found');
    if (!user.isActive) throw new TokenjarError('user_inactive');
    if (user.username === text.trim() || user.username === newUsername(text)) return user;
    refuseKeys(me);
    refuseActor(me);
    this.stepUp.demandFresh(me, user);
    const renamed = await this.db.transaction((tx) =>
      this.renaming.rename(user, text, caller, languages, tx),
    );
    if (!renamed) throw new TokenjarError('user_not_found');
    return renamed;
  }
}
