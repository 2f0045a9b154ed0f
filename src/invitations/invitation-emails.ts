import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { RecurringWork } from '../housekeeping/recurring-work.js';
import type { Draft, Email } from '../mail/email.js';
import { linkTo } from '../mail/links.js';
import { Outbox } from '../mail/outbox.js';
import { Sending } from '../mail/sending.js';
import { Invitations, lifetimeOf } from './invitations.js';

const LOOK_EVERY_MS = 30_000;

/** Writes the emails of invitations, also of those that a command has made: it has no secret to write them with. */
@Injectable()
export class InvitationEmails implements OnModuleInit, OnModuleDestroy {
  private readonly queueing = new RecurringWork('Invitations could not be sent', () => this.queue());

  constructor(
    private readonly db: Database,
    private readonly invitations: Invitations,
    private readonly outbox: Outbox,
    private readonly sending: Sending,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    this.sending.prepare('invitation', (draft) => this.withLink(draft));
    if (!this.outbox.isOpen) return;
    this.queueing.start(LOOK_EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.queueing.stop();
  }

  /** Queues the emails that nobody has queued yet. */
  async queue(): Promise<void> {
    while (await this.db.transaction((tx) => this.queueNext(tx)));
  }

  private async queueNext(tx: Parameters<Parameters<Database['transaction']>[0]>[0]): Promise<boolean> {
    const claimed = await this.invitations.claim(tx);
    if (!claimed) return false;
    const { id: invitation, email: to } = claimed;
    await this.outbox.queue({ kind: 'invitation', to, languages: null, values: { invitation } }, tx);
    return true;
  }

  /** Nothing for one that was accepted, replaced or revoked meanwhile. */
  private async withLink(draft: Draft): Promise<Email | undefined> {
    const invitation = await this.invitations.findFor(draft.to);
    if (!invitation || invitation.id !== draft.values.invitation) return undefined;
    const key = await this.invitations.keyFor(invitation, this.db, draft.id);
    if (key === undefined) return undefined;
    const link = linkTo(this.options, this.options.invitationLink, { key });
    return { ...draft, values: { link, lifetime: String(lifetimeOf(invitation)) } };
  }
}
