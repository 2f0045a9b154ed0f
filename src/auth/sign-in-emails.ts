import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import type { Caller } from '../http/caller.js';
import { deviceOf } from '../http/device.js';
import type { EmailKind } from '../mail/email.js';
import { Outbox } from '../mail/outbox.js';
import { BoundEmails } from '../users/bound-emails.js';
import type { Account } from '../users/users.js';

/** Emails about signing in: a device that is new, an account that guessing has locked. */
@Injectable()
export class SignInEmails {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly db: Database,
    private readonly outbox: Outbox,
    private readonly emails: BoundEmails,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** Tells the owner of a sign-in. A client without cookies has no device that could be known again. */
  async newDevice(account: Account, caller: Caller): Promise<void> {
    if (this.options.refreshTokenIn === 'body') return;
    const values = { device: deviceOf(caller.userAgent) ?? '', ip: caller.ip ?? '' };
    await this.ifPossible('new_device', () => this.outbox.tell('new_device', account, null, this.db, values));
  }

  /** Tells the owner that strangers have to wait, if there is one: that is found out later, lest the time tell it. */
  async locked(email: string): Promise<void> {
    await this.ifPossible('account_locked', () =>
      this.emails.queue({ to: email, languages: null }, 'account_locked', this.db),
    );
  }

  /** The email is less than what it tells of: where it cannot be queued, that still happened. */
  private async ifPossible(kind: EmailKind, queue: () => Promise<void>): Promise<void> {
    try {
      await queue();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.logger.warn(`An email ${kind} was not queued: ${String(error)}`);
    }
  }
}
