import { Module, type OnModuleInit } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { SecondSteps } from '../auth/second-steps.js';
import { WaysIn } from '../auth/ways-in.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { OPTIONS, type Options } from '../config/options.js';
import { deriveKey } from '../crypto/derive.js';
import { InvitationsModule } from '../invitations/invitations.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { UsersModule } from '../users/users.module.js';
import { AddressRequest } from './address-request.js';
import { AddressRequestController } from './address-request.controller.js';
import { ATTEMPT_KEYS, Attempts } from './attempts.js';
import { CallbackController } from './callback.controller.js';
import { DirectSignIn } from './direct-sign-in.js';
import { IdTokenSignIn } from './id-token-sign-in.js';
import { NoticesController } from './notices.controller.js';
import { ProviderNotices } from './provider-notices.js';
import { NativeController } from './native.controller.js';
import { CodeSignIn } from './code-sign-in.js';
import { ProviderCodes } from './provider-codes.js';
import { ProviderNonces } from './provider-nonces.js';
import { Identities } from './identities.js';
import { IdentitiesController } from './identities.controller.js';
import { IdentitySettings } from './identity-settings.js';
import { IdentityLinks } from './identity-links.js';
import { Linking } from './linking.js';
import { PendingIdentities } from './pending-identities.js';
import { ProviderLogin } from './provider-login.js';
import { ProviderPurge } from './provider-purge.js';
import { ProviderSignIn } from './provider-sign-in.js';
import { ProviderStart } from './provider-start.js';
import { Providers } from './providers.js';
import { ProvidersController } from './providers.controller.js';
import { PurposeGuard } from './purpose.guard.js';
import { SessionPurposes } from './session-purposes.js';
import { SocialAccountsController } from './social-accounts.controller.js';
import { SocialController } from './social.controller.js';
import { SocialConnect } from './social-connect.js';
import { SocialLogin } from './social-login.js';
import { SocialReturn } from './social-return.js';
import { SocialStart } from './social-start.js';

/** Signing in with other sites: OpenID providers, and those that are like them. */
@Module({
  imports: [MailModule, AuditModule, LimitsModule, UsersModule, AuthModule, InvitationsModule],
  controllers: [
    ProvidersController,
    CallbackController,
    NativeController,
    NoticesController,
    AddressRequestController,
    IdentitiesController,
    SocialController,
    SocialAccountsController,
  ],
  providers: [
    Providers,
    {
      provide: ATTEMPT_KEYS,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        [secretKey, ...secretKeyFallbacks].map((each) => deriveKey(each, 'provider attempt')),
    },
    Attempts,
    Identities,
    PendingIdentities,
    IdentityLinks,
    Linking,
    ProviderLogin,
    SessionPurposes,
    ProviderStart,
    ProviderSignIn,
    ProviderNonces,
    ProviderCodes,
    CodeSignIn,
    ProviderNotices,
    DirectSignIn,
    IdTokenSignIn,
    SocialStart,
    SocialReturn,
    SocialLogin,
    SocialConnect,
    AddressRequest,
    IdentitySettings,
    ProviderPurge,
    PurposeGuard,
  ],
})
export class ProvidersModule implements OnModuleInit {
  constructor(
    private readonly steps: SecondSteps,
    private readonly waysIn: WaysIn,
    private readonly links: IdentityLinks,
    private readonly identities: Identities,
  ) {}

  onModuleInit(): void {
    this.steps.forgetBy(({ id }, tx, caller) => this.identities.forget(id, tx, caller));
    this.waysIn.register(({ id }, tx, except) => this.links.hasUsable(id, tx, except));
    this.steps.onEveryEntry((device, caller) => this.links.onEntry(device, caller));
  }
}
