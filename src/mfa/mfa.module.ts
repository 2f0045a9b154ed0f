import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { type SecondStep, SecondSteps } from '../auth/second-steps.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { OPTIONS, type Options } from '../config/options.js';
import { deriveKey } from '../crypto/derive.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { UsersModule } from '../users/users.module.js';
import { DjangoMfaController } from './django-mfa.controller.js';
import { FactorChanges } from './factor-changes.js';
import { FactorOverview } from './factor-overview.js';
import { FactorResetRun } from './factor-reset-run.js';
import { FactorResetCancelling } from './factor-reset-cancelling.js';
import { FactorResets } from './factor-resets.js';
import { FactorsController } from './factors.controller.js';
import { Factors } from './factors.js';
import { LoginSetupController } from './login-setup.controller.js';
import { MfaPurge } from './mfa-purge.js';
import { RecoveryCodeSettings } from './recovery-code-settings.js';
import { RecoveryCodes } from './recovery-codes.js';
import { SecondFactorAttempts } from './second-factor-attempts.js';
import { SecondFactorPolicy } from './second-factor-policy.js';
import { IMPORTED_CODE_KEYS, importedCodeKeys } from './imported-codes.js';
import { PasswordStep, RecoveryCodeStep, TotpStep } from './steps.js';
import { TotpResealing } from './totp-resealing.js';
import { TOTP_KEYS, TotpSecrets } from './totp-secrets.js';
import { TotpSettings } from './totp-settings.js';
import { TotpController } from './totp.controller.js';
import { TrustedDevices } from './trusted-devices.js';

/** Token under which the steps of this slice are injected. */
const STEPS = Symbol('tokenjar.mfaSteps');

/** Second factors: authenticator apps, recovery codes, trusted devices, and who needs them. */
@Module({
  imports: [AuditModule, LimitsModule, MailModule, UsersModule, AuthModule],
  controllers: [FactorsController, TotpController, LoginSetupController, DjangoMfaController],
  providers: [
    Factors,
    FactorOverview,
    FactorResets,
    FactorResetCancelling,
    FactorResetRun,
    TotpSettings,
    RecoveryCodeSettings,
    MfaPurge,
    FactorChanges,
    RecoveryCodes,
    TrustedDevices,
    SecondFactorPolicy,
    SecondFactorAttempts,
    TotpSecrets,
    TotpResealing,
    {
      provide: IMPORTED_CODE_KEYS,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        importedCodeKeys([secretKey, ...secretKeyFallbacks]),
    },
    {
      provide: TOTP_KEYS,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        [secretKey, ...secretKeyFallbacks].map((each) => deriveKey(each, 'sealed totp secret')),
    },
    TotpStep,
    RecoveryCodeStep,
    PasswordStep,
    {
      provide: STEPS,
      inject: [TotpStep, RecoveryCodeStep, PasswordStep],
      useFactory: (...steps: SecondStep[]) => steps,
    },
  ],
  exports: [Factors, FactorOverview, FactorResets, SecondFactorAttempts, SecondFactorPolicy],
})
export class MfaModule implements OnModuleInit {
  constructor(
    private readonly secondSteps: SecondSteps,
    private readonly policy: SecondFactorPolicy,
    private readonly trustedDevices: TrustedDevices,
    private readonly factors: Factors,
    @Inject(STEPS) private readonly steps: readonly SecondStep[],
  ) {}

  onModuleInit(): void {
    this.secondSteps.forgetBy((user, tx, caller) => this.factors.forget(user, tx, caller));
    if (!this.policy.isOn) return;
    this.policy.offer('totp');
    for (const step of this.steps) this.secondSteps.register(step);
    this.secondSteps.trustBy((device, caller) => this.trustedDevices.trust(device, caller));
  }
}
