import { Module } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { Clock } from '../clock.js';
import { CLAIMS, SECRET_KEY } from '../config/injection-tokens.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { AccessTokens, type ClaimsFactory } from '../tokens/access-token.js';
import { KeyRing } from '../tokens/key-ring.js';
import { RefreshTokens } from '../tokens/refresh-token.js';
import { JwksController } from './jwks.controller.js';
import { KeyWatch } from './key-watch.js';
import { formerRefreshKeysOf, keysOfOthers, openKeyRing, refreshKeyOf } from './signing-keys.js';

/** The signing keys, and the services that sign and verify tokens with them. */
@Module({
  imports: [JwtModule.register({})],
  controllers: [JwksController],
  providers: [
    {
      provide: KeyRing,
      inject: [OPTIONS, SECRET_KEY, Database, Clock],
      useFactory: (options: Options, secretKey: string, db: Database, clock: Clock) =>
        db.orClose(() => openKeyRing(options, secretKey, db, clock.now())),
    },
    {
      provide: KeyWatch,
      inject: [KeyRing, OPTIONS, SECRET_KEY, Database],
      useFactory: (keys: KeyRing, options: Options, secretKey: string, db: Database) =>
        new KeyWatch(keys, keysOfOthers(options, secretKey, db)),
    },
    {
      provide: AccessTokens,
      inject: [JwtService, KeyRing, OPTIONS, CLAIMS],
      useFactory: (jwt: JwtService, keys: KeyRing, options: Options, claims: ClaimsFactory) =>
        new AccessTokens(jwt, keys, options, claims),
    },
    {
      provide: RefreshTokens,
      inject: [JwtService, SECRET_KEY, OPTIONS],
      useFactory: (jwt: JwtService, secretKey: string, options: Options) =>
        new RefreshTokens(jwt, refreshKeyOf(options, secretKey), options, formerRefreshKeysOf(options)),
    },
  ],
  exports: [AccessTokens, RefreshTokens, KeyWatch],
})
export class KeysModule {}
