import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { UsersModule } from '../users/users.module.js';
import { Deletion } from './deletion.js';
import { NewPasswords } from './new-password.js';
import { PasswordChange } from './password-change.js';
import { PasswordController } from './password.controller.js';
import { Registration } from './registration.js';
import { RegistrationController } from './registration.controller.js';
import { UserController } from './user.controller.js';

/** Self-service: registration, the own account, the password. */
@Module({
  imports: [AuthModule, UsersModule],
  controllers: [RegistrationController, UserController, PasswordController],
  providers: [NewPasswords, Registration, Deletion, PasswordChange],
})
export class AccountsModule {}
