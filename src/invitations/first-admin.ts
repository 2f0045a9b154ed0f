import cluster from 'node:cluster';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SettingsError } from '../config/check.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { normalAddress } from '../email-address.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import { linkTo } from '../mail/links.js';
import { Outbox } from '../mail/outbox.js';
import { Invitations } from './invitations.js';

/** **Unit** seconds. **Source** ASVS 5.0 6.4.1 (a secret that is set by others is short-lived, and used once). */
export const FIRST_ADMIN_LIFETIME = 86_400;

/**
 * Invites the first admin. There is no default account, and no visitor becomes admin by being the first: whoever can
 * read the log, or the mailbox of `ADMIN_EMAIL`, can.
 *
 * **Source** ASVS 5.0 6.3.2.
 */
@Injectable()
export class FirstAdmin implements OnApplicationBootstrap {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly db: Database,
    private readonly invitations: Invitations,
    private readonly outbox: Outbox,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** Of the processes of a machine, only the first one says what all would. */
  async onApplicationBootstrap(): Promise<void> {
    const { adminEmail } = this.options;
    if (adminEmail === undefined || (cluster.isWorker && cluster.worker?.id !== 1)) return;
    const email = normalAddress(adminEmail);
    if (email === undefined) throw new SettingsError(['ADMIN_EMAIL: must be an email address']);
    const link = await this.invite(email, false);
    if (link === undefined) return;
    const sent = this.outbox.isOpen ? ', and sent there' : '';
    this.logger.warn(`There is no admin. For ${email}, once, within 24 hours${sent}: ${link}`);
  }

  /**
   * The link with which whoever tries the server out becomes its admin, and names an address: a new one at every start,
   * which replaces the one before. Undefined if there is an admin, or this is no trial.
   *
   * @param url where the server listens.
   */
  async trialLink(url: string): Promise<string | undefined> {
    const { databaseUrl, production, adminEmail, publicUrl } = this.options;
    if (databaseUrl !== undefined || production || adminEmail !== undefined) return undefined;
    const link = await this.invite('', true, { ...this.options, publicUrl: publicUrl ?? url });
    return link && `${link}&choose=email`;
  }

  private invite(email: string, replaces: boolean, at: Options = this.options): Promise<string | undefined> {
    return this.db.transaction(async (tx) => {
      const lifetime = FIRST_ADMIN_LIFETIME;
      const invitation = { email, roles: [ADMIN_ROLE], invitedBy: null, lifetime, isQueued: true };
      const made = await this.invitations.addFirst(invitation, replaces, tx);
      const key = made && (await this.invitations.keyFor(made, tx));
      if (!made || key === undefined) return undefined;
      const values = { invitation: made.id };
      if (email !== '')
        await this.outbox.queue({ kind: 'invitation', to: email, languages: null, values }, tx);
      return linkTo(at, at.invitationLink, { key });
    });
  }
}
