import { Module } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { Audit } from '../audit/audit.js';
import { AuditModule } from '../audit/audit.module.js';
import { Clock } from '../clock.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { OPTIONS, type Options } from '../config/options.js';
import { DatabaseClock } from '../database/database-clock.js';
import { Database } from '../database/database.js';
import { AccessTokens } from '../tokens/access-token.js';
import { KeyRing } from '../tokens/key-ring.js';
import { RefreshTokens } from '../tokens/refresh-token.js';
import { TokenUsers } from '../tokens/token-user.js';
import { JwksController } from './jwks.controller.js';
import { KeyChanges } from './key-changes.js';
import { KeyRotation } from './key-rotation.js';
import { KeySecrets } from './key-secrets.js';
import { KeyStore } from './key-store.js';
import { KeyWatch } from './key-watch.js';
import { KeysPurge } from './keys-purge.js';
import { formerRefreshKeysOf, openKeyRing, refreshKeyOf, tokenUsersOf } from './signing-keys.js';

/** Undefined with `SIGNING_KEY`: the keys in the database are not used then. */
const KEY_STORE = Symbol('KEY_STORE');
const OPENED = Symbol('OPENED');
type Opened = Awaited<ReturnType<typeof openKeyRing>>;

const secretsOf = ({ secretKeyFallbacks, tokenFormat }: Options, secretKey: string): KeySecrets =>
  new KeySecrets([secretKey, ...secretKeyFallbacks], tokenFormat);

/** The signing keys, and the services that sign and verify tokens with them. */
@Module({
  imports: [JwtModule.register({}), AuditModule],
  controllers: [JwksController],
  providers: [
    {
      provide: KEY_STORE,
      inject: [OPTIONS, SECRET_KEY, Database, Audit],
      useFactory: (options: Options, secretKey: string, db: Database, audit: Audit) =>
        options.signingKey === undefined ? new KeyStore(db, secretsOf(options, secretKey), audit) : undefined,
    },
    {
      provide: OPENED,
      inject: [OPTIONS, KEY_STORE, Database, Clock, DatabaseClock],
      useFactory: (
        options: Options,
        store: KeyStore | undefined,
        db: Database,
        clock: Clock,
        databaseClock: DatabaseClock,
      ) =>
        db.orClose(async () => {
          // The times of the keys are the database's, also those that this instance writes.
          await databaseClock.measure(true);
          return openKeyRing(options, store, clock.now());
        }),
    },
    { provide: KeyRing, inject: [OPENED], useFactory: ({ ring }: Opened) => ring },
    {
      provide: KeyWatch,
      inject: [OPENED, KEY_STORE, Clock],
      useFactory: ({ ring, known }: Opened, store: KeyStore | undefined, clock: Clock) =>
        new KeyWatch(ring, store, clock, known),
    },
    {
      provide: KeyChanges,
      inject: [KEY_STORE, Clock],
      useFactory: (store: KeyStore | undefined, clock: Clock) => new KeyChanges(store, clock),
    },
    KeyRotation,
    KeysPurge,
    {
      provide: TokenUsers,
      inject: [OPTIONS, SECRET_KEY],
      useFactory: tokenUsersOf,
    },
    {
      provide: AccessTokens,
      inject: [JwtService, KeyRing, OPTIONS, TokenUsers],
      useFactory: (jwt: JwtService, keys: KeyRing, options: Options, users: TokenUsers) =>
        new AccessTokens(jwt, keys, options, users),
    },
    {
      provide: RefreshTokens,
      inject: [JwtService, SECRET_KEY, OPTIONS, TokenUsers],
      useFactory: (jwt: JwtService, secretKey: string, options: Options, users: TokenUsers) =>
        new RefreshTokens(
          jwt,
          refreshKeyOf(options, secretKey),
          options,
          users,
          formerRefreshKeysOf(options, secretKey),
        ),
    },
  ],
  exports: [AccessTokens, RefreshTokens, TokenUsers, KeyWatch],
})
export class KeysModule {}
