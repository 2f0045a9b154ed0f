import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import type { Caller } from '../http/caller.js';
import { deviceOf } from '../http/device.js';
import type { Draft, Letter } from '../mail/letter.js';
import { linkTo } from '../mail/links.js';
import { Outbox } from '../mail/outbox.js';
import { Sending } from '../mail/sending.js';
import { type Account, Users } from '../users/users.js';
import { KnownDevices } from './known-devices.js';

/** How long the link of an account lock works. **Unit** seconds. */
const LINK_LIFETIME = 3600;

/** Letters about signing in: a device that is new, an account that guessing has locked. */
@Injectable()
export class SignInLetters implements OnModuleInit {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly db: Database,
    private readonly outbox: Outbox,
    private readonly sending: Sending,
    private readonly users: Users,
    private readonly devices: KnownDevices,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    this.sending.prepare('account_locked', (draft) => this.withLink(draft));
  }

  /** Tells the owner of a sign-in. A client without cookies has no device that could be known again. */
  async newDevice({ email, locale }: Pick<Account, 'email' | 'locale'>, caller: Caller): Promise<void> {
    if (this.options.refreshTokenIn === 'body') return;
    const device = deviceOf(caller.userAgent) ?? '?';
    const values = { device, ip: caller.ip ?? '?', time: this.clock.now().toISOString() };
    await this.queue({ kind: 'new_device', to: email, languages: locale, values });
  }

  /** Tells the owner that strangers have to wait, if there is one: that is found out later, lest the time tell it. */
  async locked(email: string): Promise<void> {
    await this.queue({ kind: 'account_locked', to: email, languages: null, values: {} });
  }

  private async withLink(draft: Draft): Promise<Letter | undefined> {
    const user = await this.users.findByEmail(draft.to);
    if (!user?.isActive) return undefined;
    const key = this.devices.keyFor(user, addSeconds(this.clock.now(), LINK_LIFETIME));
    const link = linkTo(this.options, this.options.unlockLink, { key });
    return { ...draft, languages: user.locale, values: { link, lifetime: String(LINK_LIFETIME) } };
  }

  /** The letter is less than what it tells of: where it cannot be queued, that still happened. */
  private async queue(letter: Letter): Promise<void> {
    try {
      await this.outbox.queue(letter, this.db);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.logger.warn(`A letter ${letter.kind} was not queued: ${String(error)}`);
    }
  }
}
