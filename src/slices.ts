import { AuthModule } from './auth/auth.module.js';
import { AccountsModule } from './accounts/accounts.module.js';
import { InvitationsModule } from './invitations/invitations.module.js';
import { MfaModule } from './mfa/mfa.module.js';
import { PasskeysModule, WellKnownPasskeysModule } from './passkeys/passkeys.module.js';
import { ProvidersModule } from './providers/providers.module.js';
import { AdminModule } from './admin/admin.module.js';
import { ApiKeysModule, MetadataModule } from './api-keys/api-keys.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';
import { MailModule } from './mail/mail.module.js';
import { AuditModule } from './audit/audit.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { KeysModule } from './keys/keys.module.js';
import { UsersModule } from './users/users.module.js';
import { DjangoModule } from './django/django.module.js';
import { HostModule } from './host/host.module.js';

/** Those with routes below the prefix. */
export const BELOW_THE_PREFIX = [
  AuthModule,
  AccountsModule,
  InvitationsModule,
  MfaModule,
  PasskeysModule,
  ProvidersModule,
  AdminModule,
  ApiKeysModule,
  WebhooksModule,
];
/** All of them. */
export const SLICES = [
  ...[MailModule, AuditModule, LimitsModule, KeysModule, UsersModule],
  ...BELOW_THE_PREFIX,
  WellKnownPasskeysModule,
  MetadataModule,
  DjangoModule,
  HostModule,
];
