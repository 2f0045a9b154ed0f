import { Inject, Injectable, Logger } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import type { Caller } from '../http/caller.js';
import { deviceOf } from '../http/device.js';
import type { EmailKind } from '../mail/email.js';
import { Outbox } from '../mail/outbox.js';
import { BoundEmails } from './bound-emails.js';
import type { User } from './user.entity.js';

type Recipient = Pick<User, 'email' | 'emailVerified' | 'locale'>;

/** Emails that warn owners of possible misuse of their account. */
@Injectable()
export class SecurityNotices {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly db: Database,
    private readonly outbox: Outbox,
    private readonly emails: BoundEmails,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'refreshTokenIn'>,
  ) {}

  /**
   * A sign-in on a device unknown to the account. Not sent for clients without cookies, which cannot have a known
   * device.
   */
  async newDevice(user: Recipient, caller: Caller): Promise<void> {
    if (this.options.refreshTokenIn === 'body') return;
    const values = { device: deviceOf(caller.userAgent) ?? '', ip: caller.ip ?? '' };
    await this.ifPossible('new_device', (kind) => this.outbox.notify(kind, user, null, this.db, values));
  }

  /** The password was right, and the second factor was not. */
  async factorFailed(user: Recipient, caller: Caller): Promise<void> {
    const values = { device: deviceOf(caller.userAgent) ?? '', ip: caller.ip ?? '' };
    await this.ifPossible('factor_failed', (kind) => this.outbox.notify(kind, user, null, this.db, values));
  }

  /** A session was ended because a replaced refresh token was used again; the holder of the copy may know more. */
  async tokenReused(user: Recipient, caller: Caller): Promise<void> {
    const values = { device: deviceOf(caller.userAgent) ?? '' };
    await this.ifPossible('session_reused', (kind) => this.outbox.notify(kind, user, null, this.db, values));
  }

  /**
   * Wrong passwords have locked the account for unknown devices. Whether the account exists is looked up when the email
   * is sent, so that response time reveals nothing.
   */
  async locked(email: string): Promise<void> {
    const reader = { to: email, languages: null };
    await this.ifPossible('account_locked', (kind) => this.emails.queue(reader, kind, this.db));
  }

  /** The event has happened even if the email cannot be queued. */
  private async ifPossible<Kind extends EmailKind>(
    kind: Kind,
    queue: (kind: Kind) => Promise<void>,
  ): Promise<void> {
    try {
      await queue(kind);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.logger.warn(`An email (${kind}) could not be queued: ${String(error)}`);
    }
  }
}
