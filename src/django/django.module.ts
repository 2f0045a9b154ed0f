import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { LegacyTokens } from '../http/legacy-tokens.js';
import { UsersModule } from '../users/users.module.js';
import { DjangoPurge } from './django-purge.js';
import { LiveSessions } from './live-sessions.js';
import { MARK_KEYS, markKeys } from './password-marks.js';
import { SiteIssuer } from './site-issuer.js';
import { siteTokenRules } from './site-key.js';
import { SiteTokens } from './site-tokens.js';
import { TokenHolders } from './token-holders.js';

/** Sessions that go on after a move from a Django site. */
@Module({
  imports: [JwtModule.register({}), UsersModule],
  providers: [
    TokenHolders,
    LiveSessions,
    DjangoPurge,
    {
      provide: SiteTokens,
      inject: [JwtService, OPTIONS, SECRET_KEY, Database],
      useFactory: (jwt: JwtService, options: Options, secretKey: string, db: Database) =>
        db.orClose(() => {
          const rules = siteTokenRules(options, secretKey);
          return rules && new SiteTokens(jwt, rules);
        }),
    },
    SiteIssuer,
    {
      provide: MARK_KEYS,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        markKeys([secretKey, ...secretKeyFallbacks]),
    },
  ],
})
export class DjangoModule implements OnModuleInit {
  constructor(
    private readonly legacy: LegacyTokens,
    private readonly issuer: SiteIssuer,
    @Inject(SiteTokens) private readonly tokens: SiteTokens | undefined,
  ) {}

  onModuleInit(): void {
    if (this.tokens) this.legacy.register(this.issuer);
  }
}
