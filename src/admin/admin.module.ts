import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { MfaModule } from '../mfa/mfa.module.js';
import { UsersModule } from '../users/users.module.js';
import { AuditController } from './audit.controller.js';
import { AuditPages } from './audit-pages.js';
import { ManagedRolesController } from './managed-roles.controller.js';
import { ManagedUsers } from './managed-users.js';
import { ManagedUsersController } from './managed-users.controller.js';
import { PasswordResetMails } from './password-reset-mails.js';
import { UserDetails } from './user-details.js';
import { UserDetailsController } from './user-details.controller.js';
import { UserEndings } from './user-endings.js';
import { UserSearch } from './user-search.js';

/** What administrators may do, over HTTP. */
@Module({
  imports: [AuditModule, UsersModule, AuthModule, MfaModule],
  controllers: [ManagedUsersController, UserDetailsController, ManagedRolesController, AuditController],
  providers: [UserSearch, ManagedUsers, PasswordResetMails, UserDetails, UserEndings, AuditPages],
})
export class AdminModule {}
