import { Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import type { DeviceOwner } from '../auth/known-devices.js';
import { SecondSteps } from '../auth/second-steps.js';
import { Audit } from '../audit/audit.js';
import type { Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Outbox } from '../mail/outbox.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';

/** Who sets a password, and where. */
export interface PasswordSetting {
  presence: Presence;
  caller: Caller;
  languages: string | null;
}

/** Replaces the password of an account for somebody who has opened a link that was sent to its address. */
@Injectable()
export class PasswordReplacement {
  constructor(
    private readonly users: Users,
    private readonly steps: SecondSteps,
    private readonly ending: SessionEnding,
    private readonly audit: Audit,
    private readonly outbox: Outbox,
  ) {}

  /** All sessions end, and the address is verified. **Errors** `link_invalid` if the account has changed meanwhile. */
  async replace(
    account: DeviceOwner,
    hash: string,
    { presence, caller, languages }: PasswordSetting,
    tx: Queries,
  ): Promise<{ before: User; after: User }> {
    const reset = await this.users.resetPassword(account, hash, tx);
    const user = reset && (await this.users.findById(account.id, tx));
    if (!user) throw new TokenjarError('link_invalid');
    if (reset.wasUnproven && !(await presence.hasSignedInTo(account, tx)))
      await this.steps.forget(user, tx, caller);
    await this.ending.endAll(user.id, 'password_reset', tx, caller);
    await this.audit.record({ event: 'password_reset', outcome: 'success', userId: user.id, caller }, tx);
    // The reset has verified the address.
    await this.outbox.notify('password_changed', { ...user, emailVerified: true }, languages, tx);
    return { before: { ...user, ...account }, after: user };
  }
}
