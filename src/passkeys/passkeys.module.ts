import { Inject, Logger, Module, type OnModuleInit } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { SecondSteps } from '../auth/second-steps.js';
import { WaysIn } from '../auth/ways-in.js';
import { SettingsError } from '../config/check.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { OPTIONS, type Options } from '../config/options.js';
import { deriveKey } from '../crypto/derive.js';
import { Database } from '../database/database.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MfaModule } from '../mfa/mfa.module.js';
import { SecondFactorPolicy } from '../mfa/second-factor-policy.js';
import { UsersModule } from '../users/users.module.js';
import { CHALLENGE_KEYS, Challenges } from './challenges.js';
import { LoginOptions } from './login-options.js';
import { PasskeyLoginController } from './passkey-login.controller.js';
import { PasskeyController } from './passkey.controller.js';
import { PasskeyProof } from './passkey-proof.js';
import { PasskeyRequests } from './passkey-requests.js';
import { PasskeySignIn } from './passkey-sign-in.js';
import { PasskeyStep } from './passkey-step.js';
import { Passkeys } from './passkeys.js';
import { PasskeysController } from './passkeys.controller.js';
import { PasskeyRegistration } from './registration.js';
import { type OptionalParty, RELYING_PARTY, relyingPartyOf } from './relying-party.js';
import { UsedChallengePurge } from './used-challenge-purge.js';
import { WellKnownPasskeysController } from './well-known.controller.js';

/** Passkeys: as a second factor, and as the whole sign-in. */
@Module({
  imports: [AuditModule, LimitsModule, UsersModule, AuthModule, MfaModule],
  controllers: [PasskeysController, PasskeyController, PasskeyLoginController],
  providers: [
    {
      provide: RELYING_PARTY,
      inject: [OPTIONS, Database],
      useFactory: (options: Options, db: Database) => db.orClose(() => partyOf(options)),
    },
    {
      provide: CHALLENGE_KEYS,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        [secretKey, ...secretKeyFallbacks].map((each) => deriveKey(each, 'passkey challenge')),
    },
    Challenges,
    Passkeys,
    PasskeyProof,
    PasskeyRequests,
    PasskeyRegistration,
    PasskeyStep,
    PasskeySignIn,
    LoginOptions,
    UsedChallengePurge,
  ],
  exports: [RELYING_PARTY],
})
export class PasskeysModule implements OnModuleInit {
  constructor(
    private readonly steps: SecondSteps,
    private readonly waysIn: WaysIn,
    private readonly policy: SecondFactorPolicy,
    private readonly step: PasskeyStep,
    @Inject(RELYING_PARTY) private readonly party: OptionalParty,
  ) {}

  onModuleInit(): void {
    if (!this.party) return;
    this.policy.offer('passkey');
    this.steps.register(this.step);
    this.waysIn.register(({ secondFactors }) => secondFactors.includes('passkey'));
  }
}

/** What is below no prefix. */
@Module({ imports: [PasskeysModule], controllers: [WellKnownPasskeysController] })
export class WellKnownPasskeysModule {}

/** @throws {SettingsError} where passkeys were asked for, and no browser would accept any. */
function partyOf(options: Options): OptionalParty {
  if (options.secondFactor === 'off') return undefined;
  const party = relyingPartyOf(options);
  if (typeof party !== 'string') return party;
  if (options.passkeyRpId !== undefined) throw new SettingsError([`PASSKEY_RP_ID: ${party}`]);
  if (options.passkeyOrigins.length > 0) throw new SettingsError([`PASSKEY_ORIGINS: ${party}`]);
  new Logger('Tokenjar').warn(`Passkeys are off: ${party}`);
  return undefined;
}
