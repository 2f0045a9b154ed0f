import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost, RouterModule } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { AccountsModule } from './accounts/accounts.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { Clock } from './clock.js';
import { emailsStay, parseOptions, SettingsError, warningsFor } from './config/check.js';
import { OPTIONS, type Options, type OptionsInput } from './config/options.js';
import { keptSecretKey } from './config/secret-key.js';
import { CLAIMS, SECRET_KEY } from './config/injection-tokens.js';
import { BreachFilterError } from './crypto/breach-filter-file.js';
import { BreachedPasswords } from './crypto/breached-passwords.js';
import { Passwords } from './crypto/password.js';
import { DatabaseClock } from './database/database-clock.js';
import { Database } from './database/database.js';
import { openDatabase } from './database/open.js';
import { Purge } from './housekeeping/purge.js';
import { Readiness } from './housekeeping/readiness.js';
import { ENTITIES } from './entities.js';
import { AccessGuard } from './http/access.guard.js';
import { Cookies } from './http/cookies.js';
import { DeviceCookie } from './http/device-cookie.js';
import { DIALECT } from './http/dialects/dialect.js';
import { DIALECTS } from './http/dialects/dialects.js';
import { PendingLoginCookie } from './http/pending-login-cookie.js';
import { ProblemFilter } from './http/problem.filter.js';
import { admitEmptyBodies } from './http/empty-body.js';
import { RefreshCookie } from './http/refresh-cookie.js';
import { RefusedOrigins } from './http/refused-origins.js';
import { RefusedRequests } from './http/refused-requests.js';
import { RouteTable } from './http/route-table.js';
import { KeysModule } from './keys/keys.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { MailModule } from './mail/mail.module.js';
import type { ClaimsFactory } from './tokens/access-token.js';
import { UsersModule } from './users/users.module.js';

/** What a host gives: the settings of `docs/settings.md`, and code where a value is not enough. */
export interface TokenjarInput extends OptionsInput {
  /** Adds claims to access tokens. */
  claims?: ClaimsFactory;
  /** Replaces the clock, for tests. */
  clock?: Clock;
}

/** As {@link TokenjarInput}, made later. The path has to be known at once: Nest lays the routes before. */
export interface TokenjarAsyncInput extends Pick<ModuleMetadata, 'imports'> {
  useFactory: (...injected: never[]) => TokenjarInput | Promise<TokenjarInput>;
  inject?: NonNullable<Extract<Provider, { useFactory: unknown }>['inject']>;
  pathPrefix?: string;
}

const INPUT = Symbol('tokenjar.input');
const SLICES = [MailModule, AuditModule, LimitsModule, KeysModule, UsersModule, AuthModule, AccountsModule];

/** Tokenjar inside a Nest app. It adds routes and providers and leaves everything of the host as it was. */
@Module({})
export class TokenjarModule implements OnModuleInit {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.adapterHost;
    if (httpAdapter?.getType() === 'fastify') admitEmptyBodies(httpAdapter.getInstance<FastifyInstance>());
    const logger = new Logger('Tokenjar');
    for (const warning of warningsFor(this.options)) logger.warn(warning);
    const stay = emailsStay(this.options);
    if (stay !== undefined) logger.warn(stay);
    if (!this.options.databaseUrl)
      logger.warn(
        `Embedded database in ${this.options.dataDir}: for evaluation and small sites, one process`,
      );
  }

  /** @throws {SettingsError} for settings that cannot be used. */
  static forRoot(input: TokenjarInput = {}): DynamicModule {
    const { pathPrefix } = settingsOf(input);
    return assemble({ provide: INPUT, useValue: input }, pathPrefix);
  }

  static forRootAsync({
    imports,
    useFactory,
    inject = [],
    pathPrefix = 'auth',
  }: TokenjarAsyncInput): DynamicModule {
    const parsed = parseOptions({ pathPrefix, secretKey: undefined });
    const factory = async (...injected: never[]) => ({ ...(await useFactory(...injected)), pathPrefix });
    return assemble({ provide: INPUT, inject, useFactory: factory }, parsed.pathPrefix, imports);
  }
}

/** The settings of an input, read and checked. @throws {SettingsError} */
export const settingsOf = (input: TokenjarInput): Options => parseOptions(input);

function assemble(
  input: Provider,
  pathPrefix: string,
  imports: ModuleMetadata['imports'] = [],
): DynamicModule {
  const providers: Provider[] = [
    input,
    { provide: OPTIONS, inject: [INPUT], useFactory: settingsOf },
    { provide: Clock, inject: [INPUT], useFactory: ({ clock }: TokenjarInput) => clock ?? new Clock() },
    { provide: CLAIMS, inject: [INPUT], useFactory: ({ claims }: TokenjarInput) => claims ?? (() => ({})) },
    {
      provide: Database,
      inject: [OPTIONS],
      useFactory: (options: Options) => openDatabase(options, ENTITIES),
    },
    // After the database: of two processes on one folder only the one that holds it makes a key.
    {
      provide: SECRET_KEY,
      inject: [OPTIONS, Database],
      useFactory: (options: Options, db: Database) => db.orClose(() => secretKeyOf(options)),
    },
    { provide: DIALECT, inject: [OPTIONS], useFactory: ({ dialect }: Options) => DIALECTS[dialect] },
    DatabaseClock,
    Readiness,
    Purge,
    {
      provide: Passwords,
      inject: [OPTIONS],
      useFactory: ({ webConcurrency }: Options) => new Passwords(webConcurrency),
    },
    { provide: BreachedPasswords, inject: [OPTIONS], useFactory: breachedPasswordsOf },
    RefusedRequests,
    RouteTable,
    RefreshCookie,
    DeviceCookie,
    PendingLoginCookie,
    Cookies,
    RefusedOrigins,
    ProblemFilter,
  ];
  return {
    module: TokenjarModule,
    global: true,
    imports: [
      ...imports,
      ...SLICES,
      RouterModule.register([{ path: pathPrefix, children: [AuthModule, AccountsModule] }]),
    ],
    providers: [...providers, AccessGuard],
    exports: [...providers, AccessGuard, UsersModule, AuthModule],
  };
}

async function secretKeyOf(options: Options): Promise<string> {
  if (options.secretKey !== undefined) return options.secretKey;
  const { secretKey, isNew } = await keptSecretKey(options.dataDir);
  new Logger('Tokenjar').warn(
    `SECRET_KEY is not set: using the one ${isNew ? 'made and kept' : 'kept'} in ${options.dataDir}, for trials`,
  );
  return secretKey;
}

async function breachedPasswordsOf({ breachedPasswords: path }: Options): Promise<BreachedPasswords> {
  if (path === undefined) return BreachedPasswords.none;
  try {
    return await BreachedPasswords.open(path);
  } catch (error) {
    if (!(error instanceof BreachFilterError)) throw error;
    throw new SettingsError([`BREACHED_PASSWORDS: ${error.message}`]);
  }
}
