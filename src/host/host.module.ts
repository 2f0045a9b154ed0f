import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { GivenRequests } from '../http/given-requests.js';
import { OriginGuard } from '../http/origin.guard.js';
import { UsersModule } from '../users/users.module.js';
import { HostSignIn } from './host-sign-in.js';
import { TokenjarRoles } from './tokenjar-roles.js';
import { TokenjarSessions } from './tokenjar-sessions.js';
import { TokenjarUsers } from './tokenjar-users.js';
import { UserLookup } from './user-lookup.js';
import { UserMaking } from './user-making.js';

const SERVICES = [TokenjarUsers, TokenjarSessions, TokenjarRoles];

/** The services for the app that Tokenjar is part of. */
@Module({
  imports: [AuditModule, UsersModule, AuthModule, AccountsModule],
  providers: [...SERVICES, UserLookup, UserMaking, HostSignIn, GivenRequests, OriginGuard],
  exports: SERVICES,
})
export class HostModule {}
