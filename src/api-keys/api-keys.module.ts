import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { BearerCredentials } from '../auth/bearer-credentials.js';
import { SecondSteps } from '../auth/second-steps.js';
import { OPTIONS, type Options } from '../config/options.js';
import { KeysModule } from '../keys/keys.module.js';
import { MailModule } from '../mail/mail.module.js';
import { UsersModule } from '../users/users.module.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysPurge } from './api-keys-purge.js';
import { ApiKeys } from './api-keys.js';
import { IntrospectionController } from './introspection.controller.js';
import { Introspections } from './introspection.js';
import { KeyExchange } from './key-exchange.js';
import { KeyReminders } from './key-reminders.js';
import { KeyVerification } from './key-verification.js';
import { MetadataController } from './metadata.controller.js';
import { ShownClaims } from './shown-claims.js';
import { ServiceGuard } from './service.guard.js';

/** API keys, and what other services ask about tokens. */
@Module({
  imports: [MailModule, AuditModule, KeysModule, UsersModule, AuthModule],
  controllers: [ApiKeysController, IntrospectionController],
  providers: [
    ApiKeys,
    ApiKeysPurge,
    KeyVerification,
    KeyExchange,
    KeyReminders,
    Introspections,
    ShownClaims,
    ServiceGuard,
  ],
})
export class ApiKeysModule implements OnModuleInit {
  constructor(
    private readonly credentials: BearerCredentials,
    private readonly verification: KeyVerification,
    private readonly steps: SecondSteps,
    private readonly apiKeys: ApiKeys,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'apiKeys'>,
  ) {}

  onModuleInit(): void {
    if (this.options.apiKeys) this.credentials.register(this.verification);
    // Also while they are switched off: they would come back.
    this.steps.forgetBy(({ id }, tx, caller) => this.apiKeys.revokeAll(id, tx, caller));
  }
}

/** Its path does not depend on `PATH_PREFIX`. */
@Module({ controllers: [MetadataController] })
export class MetadataModule {}
