import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { MfaModule } from '../mfa/mfa.module.js';
import { UsersModule } from '../users/users.module.js';
import { AuditController } from './audit.controller.js';
import { AuditPages } from './audit-pages.js';
import { Impersonation } from './impersonation.js';
import { ImpersonationController } from './impersonation.controller.js';
import { ManagedRolesController } from './managed-roles.controller.js';
import { ManagedUsers } from './managed-users.js';
import { ManagedUsersController } from './managed-users.controller.js';
import { PasswordHandover } from './password-handover.js';
import { PasswordResetMails } from './password-reset-mails.js';
import { UserDetails } from './user-details.js';
import { UserDetailsController } from './user-details.controller.js';
import { UserEndings } from './user-endings.js';
import { UserSearch } from './user-search.js';

/** What administrators may do, over HTTP. */
@Module({
  imports: [AuditModule, KeysModule, UsersModule, AuthModule, MfaModule],
  controllers: [
    ImpersonationController,
    ManagedUsersController,
    UserDetailsController,
    ManagedRolesController,
    AuditController,
  ],
  providers: [
    Impersonation,
    UserSearch,
    ManagedUsers,
    PasswordHandover,
    PasswordResetMails,
    UserDetails,
    UserEndings,
    AuditPages,
  ],
})
export class AdminModule {}
