import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { UsersModule } from '../users/users.module.js';
import { AcceptanceController } from './acceptance.controller.js';
import { Acceptance } from './acceptance.js';
import { FirstAdmin } from './first-admin.js';
import { InvitationEmails } from './invitation-emails.js';
import { InvitationsPurge } from './invitations-purge.js';
import { ChosenNames } from './chosen-names.js';
import { Invitations } from './invitations.js';
import { ManagedInvitationsController } from './managed-invitations.controller.js';
import { Inviting } from './inviting.js';
import { UserCreation } from './user-creation.js';

/** Invitations, and the first admin. */
@Module({
  imports: [AuditModule, LimitsModule, MailModule, UsersModule, AuthModule, AccountsModule],
  controllers: [AcceptanceController, ManagedInvitationsController],
  providers: [
    Invitations,
    Inviting,
    UserCreation,
    ChosenNames,
    Acceptance,
    InvitationEmails,
    InvitationsPurge,
    FirstAdmin,
  ],
  exports: [Invitations, Acceptance, FirstAdmin],
})
export class InvitationsModule {}
