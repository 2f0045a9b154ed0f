import { Module, type Provider } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { OPTIONS, type Options } from '../config/options.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { deriveKey } from '../crypto/derive.js';
import { ACCESS_STRATEGY, LOCAL_STRATEGY, REFRESH_STRATEGY } from '../http/strategy.guard.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountHolders } from './account-holders.js';
import { ActivityController } from './activity.controller.js';
import { Admission } from './admission.js';
import { DeviceController } from './device.controller.js';
import { Entry } from './entry.js';
import { DEVICE_KEYS, KnownDevices } from './known-devices.js';
import { LoginAttempts } from './login-attempts.js';
import { BearerCredentials } from './bearer-credentials.js';
import { CodeLogin } from './code-login.js';
import { LOGIN_CODE_KEYS, LoginCodes } from './login-codes.js';
import { LoginCodeController } from './login-code.controller.js';
import { UnprovenAccounts } from './unproven-accounts.js';
import { LoginController } from './login.controller.js';
import { ForeignPasswords } from './foreign-passwords.js';
import { PasswordLogin } from './password-login.js';
import { PasswordProof } from './password-proof.js';
import { PendingLoginPurge } from './pending-login-purge.js';
import { PendingLogins } from './pending-logins.js';
import { PresentedSessions } from './presented-sessions.js';
import { Reauthentication } from './reauthentication.js';
import { ReauthenticationController } from './reauthentication.controller.js';
import { ReauthenticationProofs } from './reauthentication-proofs.js';
import { SecondFactorFailures } from './second-factor-failures.js';
import { SecondFactor } from './second-factor.js';
import { SecondFactorController } from './second-factor.controller.js';
import { SecondSteps } from './second-steps.js';
import { SessionsController } from './sessions.controller.js';
import { SignIn } from './sign-in.js';
import { SignOut } from './sign-out.js';
import { StepUp } from './step-up.js';
import { AccessStrategy } from './strategies/access.strategy.js';
import { LocalStrategy } from './strategies/local.strategy.js';
import { RefreshStrategy } from './strategies/refresh.strategy.js';
import { TokenAnswers } from './token-answer.js';
import { TokenController } from './token.controller.js';
import { TokenVerification } from './token-verification.js';
import { Unlocking } from './unlocking.js';
import { WaysIn } from './ways-in.js';

/** Registers each strategy under the name that its guard uses. */
const STRATEGIES: Provider[] = [
  AccessStrategy,
  RefreshStrategy,
  LocalStrategy,
  { provide: ACCESS_STRATEGY, useExisting: AccessStrategy },
  { provide: REFRESH_STRATEGY, useExisting: RefreshStrategy },
  { provide: LOCAL_STRATEGY, useExisting: LocalStrategy },
];

/** Sign-in, sign-out and refresh, and the strategies of the guards. */
@Module({
  imports: [MailModule, AuditModule, LimitsModule, KeysModule, UsersModule],
  controllers: [
    LoginController,
    SecondFactorController,
    ReauthenticationController,
    LoginCodeController,
    TokenController,
    DeviceController,
    SessionsController,
    ActivityController,
  ],
  providers: [
    ...STRATEGIES,
    KnownDevices,
    {
      provide: DEVICE_KEYS,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        [secretKey, ...secretKeyFallbacks].map((each) => deriveKey(each, 'device cookie')),
    },
    BearerCredentials,
    LoginAttempts,
    ForeignPasswords,
    PasswordLogin,
    SignIn,
    Admission,
    Entry,
    SecondSteps,
    SecondFactor,
    SecondFactorFailures,
    PendingLogins,
    PendingLoginPurge,
    CodeLogin,
    LoginCodes,
    AccountHolders,
    UnprovenAccounts,
    {
      provide: LOGIN_CODE_KEYS,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        [secretKey, ...secretKeyFallbacks].map((each) => deriveKey(each, 'login code')),
    },
    StepUp,
    WaysIn,
    PasswordProof,
    Reauthentication,
    ReauthenticationProofs,
    SignOut,
    Unlocking,
    PresentedSessions,
    TokenAnswers,
    TokenVerification,
  ],
  exports: [
    ACCESS_STRATEGY,
    Admission,
    BearerCredentials,
    KnownDevices,
    PendingLogins,
    PasswordLogin,
    PasswordProof,
    StepUp,
    PendingLogins,
    PresentedSessions,
    SecondFactor,
    SecondSteps,
    SignIn,
    TokenAnswers,
    TokenVerification,
    WaysIn,
    AccountHolders,
    UnprovenAccounts,
    CodeLogin,
    LoginCodes,
  ],
})
export class AuthModule {}
