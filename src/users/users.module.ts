import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Clock } from '../clock.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { OPTIONS, type Options } from '../config/options.js';
import { deriveKey } from '../crypto/derive.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { Metrics } from '../measures.js';
import { KeyWatch } from '../keys/key-watch.js';
import { DeviceProofs } from '../tokens/device-proofs.js';
import { AccountChanges } from './account-changes.js';
import { Blacklist } from './blacklist/blacklist.js';
import { NewAccounts } from './new-accounts.js';
import { ResetEmails } from './reset-emails.js';
import { OneTimeTokens } from './one-time-tokens.js';
import { PasswordLinks } from './password-links.js';
import { Renaming } from './renaming.js';
import { ImportedHashes } from './imported-hashes.js';
import { BoundEmails } from './bound-emails.js';
import { PendingRegistrations, SALT_KEY } from './pending-registrations.js';
import { DeviceBinding } from './sessions/device-binding.js';
import { SessionOpening } from './sessions/session-opening.js';
import { SessionReauthentication } from './sessions/session-reauthentication.js';
import { SessionRefresh, WAIT_KEY } from './sessions/session-refresh.js';
import { SecurityNotices } from './security-notices.js';
import { UsersPurge } from './users-purge.js';
import { UserRecordsModule } from './user-records.module.js';

/** Accounts, their sessions, and the blacklist. */
@Module({
  imports: [MailModule, AuditModule, LimitsModule, KeysModule, UserRecordsModule],
  providers: [
    SessionOpening,
    SessionReauthentication,
    SessionRefresh,
    SecurityNotices,
    UsersPurge,
    ImportedHashes,
    BoundEmails,
    PasswordLinks,
    Renaming,
    AccountChanges,
    NewAccounts,
    ResetEmails,
    PendingRegistrations,
    {
      provide: SALT_KEY,
      inject: [SECRET_KEY],
      useFactory: (secretKey: string) => deriveKey(secretKey, 'registration salt'),
    },
    {
      provide: OneTimeTokens,
      inject: [Clock, SECRET_KEY],
      useFactory: (clock: Clock, secretKey: string) =>
        new OneTimeTokens(clock, deriveKey(secretKey, 'one-time token')),
    },
    DeviceBinding,
    {
      provide: DeviceProofs,
      inject: [Clock, SECRET_KEY, OPTIONS],
      useFactory: (clock: Clock, secretKey: string, { secretKeyFallbacks }: Options) =>
        new DeviceProofs(
          [secretKey, ...secretKeyFallbacks].map((each) => deriveKey(each, 'device proof')),
          clock,
        ),
    },
    {
      provide: WAIT_KEY,
      // Only the current key: the random part of the wait may change with it, because it only adds to the minimum.
      inject: [SECRET_KEY],
      useFactory: (secretKey: string) => deriveKey(secretKey, 'refresh wait'),
    },
  ],
  exports: [
    UserRecordsModule,
    OneTimeTokens,
    BoundEmails,
    PasswordLinks,
    Renaming,
    AccountChanges,
    NewAccounts,
    ResetEmails,
    PendingRegistrations,
    SessionOpening,
    SessionReauthentication,
    SessionRefresh,
    DeviceBinding,
    DeviceProofs,
    SecurityNotices,
  ],
})
export class UsersModule {
  constructor(blacklist: Blacklist, keys: KeyWatch, metrics: Metrics) {
    blacklist.keysFollowBy(keys);
    keys.confirmBy(() => blacklist.refresh());
    metrics.watch('tokenjar_feed_age_seconds', () => blacklist.age / 1000);
    metrics.watch('tokenjar_blacklist_entries', () => blacklist.size);
  }
}
