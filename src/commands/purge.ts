import { Module } from '@nestjs/common';
import { ApiKeysPurge } from '../api-keys/api-keys-purge.js';
import { AuditPurge } from '../audit/audit-purge.js';
import { describePurged, Purge } from '../housekeeping/purge.js';
import { InvitationsPurge } from '../invitations/invitations-purge.js';
import { KeysPurge } from '../keys/keys-purge.js';
import { LimitsPurge } from '../limits/limits-purge.js';
import { PendingLoginPurge } from '../auth/pending-login-purge.js';
import { MfaPurge } from '../mfa/mfa-purge.js';
import { DjangoPurge } from '../django/django-purge.js';
import { EmailPurge } from '../mail/email-purge.js';
import { UsedChallengePurge } from '../passkeys/used-challenge-purge.js';
import { ProviderPurge } from '../providers/provider-purge.js';
import { WebhookPurge } from '../webhooks/webhook-purge.js';
import { UsersPurge } from '../users/users-purge.js';
import { inApplication } from './application.js';

/** The purges of all slices. */
@Module({
  providers: [
    Purge,
    UsersPurge,
    LimitsPurge,
    AuditPurge,
    EmailPurge,
    PendingLoginPurge,
    MfaPurge,
    UsedChallengePurge,
    ProviderPurge,
    ApiKeysPurge,
    InvitationsPurge,
    WebhookPurge,
    DjangoPurge,
    KeysPurge,
  ],
})
class PurgeModule {}

/** Deletes everything that has expired, now. */
export const purge = (): Promise<string> =>
  inApplication(
    [PurgeModule],
    async (application) => `Purged ${describePurged(await application.get(Purge).run())}.`,
  );
