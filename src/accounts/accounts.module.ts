import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { UsersModule } from '../users/users.module.js';
import { Deletion } from './deletion.js';
import { NewPasswords } from './new-password.js';
import { PasswordChange } from './password-change.js';
import { PasswordProof } from './password-proof.js';
import { PasswordController } from './password.controller.js';
import { Registration } from './registration.js';
import { RegistrationController } from './registration.controller.js';
import { UserController } from './user.controller.js';

/** Self-service: registration, the own account, the password. */
@Module({
  imports: [AuditModule, LimitsModule, AuthModule, UsersModule],
  controllers: [RegistrationController, UserController, PasswordController],
  providers: [NewPasswords, PasswordProof, Registration, Deletion, PasswordChange],
})
export class AccountsModule {}
