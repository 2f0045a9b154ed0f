import { Injectable, Logger } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { PendingLogins } from '../auth/pending-logins.js';
import { WaysIn } from '../auth/ways-in.js';
import { addSeconds, Clock, epochSeconds } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Limits } from '../limits/limits.js';
import { Outbox } from '../mail/outbox.js';
import type { ShownId } from '../user-id.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { UserIds } from '../users/user-ids.js';
import { Users } from '../users/users.js';
import { Identities } from './identities.js';
import { Providers } from './providers.js';
import type { ProviderNotice } from './provider.js';
import { refused, TOLERANCE } from './checked-answers.js';

/** A provider sends a notice again for some days if we were away. **Unit** seconds. */
const OLDEST = 7 * 86_400;

/**
 * What a provider reports by itself: that its user has ended the connection or deleted the account there, or that a relay
 * address takes no emails.
 *
 * A notice concerns what was known here when it happened, so that an old one, sent again, changes nothing: not an identity
 * that was used since, nor an address of which a newer notice is known.
 *
 * **Source** developer.apple.com: Processing changes for Sign in with Apple accounts.
 */
@Injectable()
export class ProviderNotices {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly db: Database,
    private readonly providers: Providers,
    private readonly identities: Identities,
    private readonly waysIn: WaysIn,
    private readonly users: Users,
    private readonly ids: UserIds,
    private readonly ending: SessionEnding,
    private readonly pending: PendingLogins,
    private readonly outbox: Outbox,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** **Errors** `provider_not_found`, `method_not_available`, `provider_refused`, `provider_unavailable`, `rate_limited`. */
  async take(provider: string, payload: string, caller: Caller): Promise<void> {
    const client = this.providers.get(provider);
    client.demandNotices();
    const attempt = await this.limits.consume('provider_notification', { caller });
    try {
      const { issuer, iat, notice } = await client.noticeIn(payload);
      if (iat < epochSeconds(this.clock.now()) - OLDEST) throw refused('an old notice');
      if (notice) await this.carryOut({ issuer, provider }, notice, caller);
      await attempt.settle('success');
    } catch (error) {
      const isRefused = error instanceof TokenjarError && error.code === 'provider_refused';
      await attempt.settle(isRefused ? 'failure' : 'void');
      if (error instanceof TokenjarError) this.providers.warnOf(provider, error);
      throw error;
    }
  }

  private async carryOut(
    { issuer, provider }: { issuer: string; provider: string },
    notice: ProviderNotice,
    caller: Caller,
  ): Promise<void> {
    const { subject, at } = notice;
    const until = addSeconds(at, TOLERANCE);
    const userId = await this.identities.ownerOf(issuer, subject);
    if (userId === undefined) return;
    await this.db.transaction(async (tx) => {
      await tx.run(LOCK_USER, [userId]);
      if (notice.kind === 'email_disabled' || notice.kind === 'email_enabled')
        return this.hold(userId, notice, tx, caller);
      const identity = await this.identities.findUnused({ issuer, subject, userId, until }, tx);
      if (identity) await this.revoke({ ...identity, userId, provider }, notice, tx, caller);
    });
  }

  /**
   * Unlinks it and ends what was opened with it. The account stays: if nothing else lets its user in, an identity that they
   * can consent to again stays too, without being listed.
   */
  private async revoke(
    { id, userId, provider }: { id: string; userId: number; provider: string },
    { kind }: ProviderNotice,
    tx: Queries,
    caller: Caller,
  ): Promise<void> {
    const user = await this.users.findById(userId, tx);
    if (!user) return;
    const isLast = !(await this.waysIn.has(user, tx, id));
    if (isLast && kind === 'revoked') await this.identities.markRevoked(id, tx);
    else await this.identities.remove(id, userId, tx, caller);
    const event = { event: 'identity_revoked', outcome: 'success', reason: provider } as const;
    await this.audit.record({ ...event, userId, caller }, tx);
    await this.ending.endBy(userId, 'fed', 'provider_revoked', tx, caller);
    await this.pending.removeBy(userId, 'fed', tx);
    await this.outbox.notify('identity_unlinked', user, null, tx, {
      provider: this.providers.nameOf(provider),
    });
    if (isLast) tx.afterCommit(() => this.logger.warn(withoutWayIn(this.ids.shown(user), provider)));
  }

  private async hold(
    userId: number,
    { kind, email, at }: ProviderNotice,
    tx: Queries,
    caller: Caller,
  ): Promise<void> {
    if (email === undefined) return;
    const isSuspended = kind === 'email_disabled';
    if (!(await this.outbox.hold(email, isSuspended, at, tx))) return;
    const event = isSuspended ? ('emails_suspended' as const) : ('emails_resumed' as const);
    await this.audit.record({ event, outcome: 'success', userId, email, caller }, tx);
  }
}

const withoutWayIn = (userId: ShownId, provider: string): string =>
  `User ${userId} has ended the connection at ${provider}, and has no other way to sign in than by connecting again or by the reset email`;
