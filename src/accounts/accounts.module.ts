import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { UsersModule } from '../users/users.module.js';
import { MailModule } from '../mail/mail.module.js';
import { AccountEmails } from './account-emails.js';
import { Deletion } from './deletion.js';
import { UsernameChange } from './username-change.js';
import { EmailChange } from './email-change.js';
import { EmailVerification } from './email-verification.js';
import { EmailController } from './email.controller.js';
import { GivenAddress } from './given-address.js';
import { GivenPassword } from './given-password.js';
import { NewPasswords } from './new-password.js';
import { PasswordChange } from './password-change.js';
import { PasswordReplacement } from './password-replacement.js';
import { PasswordReset } from './password-reset.js';
import { PasswordResetController } from './password-reset.controller.js';
import { PasswordController } from './password.controller.js';
import { Registration } from './registration.js';
import { RegistrationController } from './registration.controller.js';
import { UserController } from './user.controller.js';

/** Self-service: registration, and the user's own account, address and password. */
@Module({
  imports: [AuditModule, LimitsModule, MailModule, AuthModule, UsersModule],
  controllers: [
    RegistrationController,
    EmailController,
    UserController,
    PasswordController,
    PasswordResetController,
  ],
  providers: [
    NewPasswords,
    Registration,
    Deletion,
    UsernameChange,
    PasswordChange,
    GivenAddress,
    GivenPassword,
    PasswordReplacement,
    PasswordReset,
    EmailVerification,
    EmailChange,
    AccountEmails,
  ],
  exports: [NewPasswords, PasswordReplacement, GivenAddress, GivenPassword],
})
export class AccountsModule {}
