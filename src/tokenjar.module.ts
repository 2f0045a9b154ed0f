import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type NestModule,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer, RouterModule } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { AuthModule } from './auth/auth.module.js';
import { StepUp } from './auth/step-up.js';
import { Clock } from './clock.js';
import { emailsStay, parseOptions, parseWith, SettingsError, warningsFor } from './config/check.js';
import { OPTIONS, type Options, type OptionsInput, optionsSchema } from './config/options.js';
import { secretKeyOf } from './keys/secret-key-of.js';
import { placeProblems } from './config/public-url.js';
import { GIVEN_OPTIONS, SECRET_KEY } from './config/injection-tokens.js';
import { BreachedPasswords } from './crypto/breached-passwords.js';
import { breachedPasswordsOf, passwordsOf } from './crypto/password-settings.js';
import { Passwords } from './crypto/password.js';
import { DatabaseModule } from './database/database.module.js';
import { Database } from './database/database.js';
import { Purge } from './housekeeping/purge.js';
import { Readiness } from './housekeeping/readiness.js';
import { ENTITIES } from './entities.js';
import { HookCalls } from './hooks/hook-calls.js';
import { HostModule } from './host/host.module.js';
import { PROFILE, ProfileSchema } from './hooks/profile.js';
import { Metrics, NO_METRICS } from './measures.js';
import { AccessGuard } from './http/access.guard.js';
import { AdminGuard } from './http/admin.guard.js';
import { Cookies } from './http/cookies.js';
import { dialectOf } from './http/dialects/chosen-dialect.js';
import { DIALECT } from './http/dialects/dialect.js';
import { ProblemFilter } from './http/problem.filter.js';
import { admitEmptyBodies } from './http/empty-body.js';
import { DeviceSessions } from './http/device-sessions.js';
import { HostGlobals, refuseSecond } from './http/host-globals.js';
import { LegacyTokens } from './http/legacy-tokens.js';
import { RefusedOrigins } from './http/refused-origins.js';
import { RefusedRequests } from './http/refused-requests.js';
import { RequestOutcomes } from './http/request-outcomes.js';
import { RouteTable } from './http/route-table.js';
import { WireRoutes } from './http/wire-routes.js';
import { PermissionGuard } from './http/permission.guard.js';
import { HAS_SECOND_FACTOR, type HasSecondFactor, StepUpGuard } from './http/step-up.guard.js';
import { EMAIL_TEXTS } from './mail/host-texts.js';
import { Mailer } from './mail/mailer.js';
import { mailerFor } from './mail/own-mailers.js';
import { EGRESS } from './providers/providers.js';
import { refuseOtherNest } from './nest-version.js';
import { BELOW_THE_PREFIX, SLICES } from './slices.js';
import type { TokenjarParts } from './tokenjar-parts.js';
import { UsersModule } from './users/users.module.js';

/** What a host supplies: the settings in `docs/settings.md`, and some code. */
export interface TokenjarInput extends OptionsInput, TokenjarParts {}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: INPUT } =
  new ConfigurableModuleBuilder<TokenjarInput>()
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createTokenjarOptions')
    .setExtras<{ pathPrefix?: string }>({ pathPrefix: 'auth' })
    .build();

/**
 * Like {@link TokenjarInput}, but created later: by `useFactory`, or by a class with `createTokenjarOptions()`
 * (`useClass`, `useExisting`). The path has to be known immediately, because Nest registers routes before that.
 */
export type TokenjarAsyncInput = Parameters<typeof ConfigurableModuleClass.forRootAsync>[0];

const PATH_PREFIX = optionsSchema.pick({ pathPrefix: true });
/** Tokenjar inside a Nest app. It adds routes and providers and changes nothing of the host's. */
@Module({})
export class TokenjarModule extends ConfigurableModuleClass implements NestModule, OnModuleInit {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    @Inject(INPUT) private readonly parts: TokenjarParts,
    private readonly adapterHost: HttpAdapterHost,
    private readonly globals: HostGlobals,
    private readonly wire: WireRoutes,
  ) {
    super();
  }

  /** Nest calls it. @throws {SettingsError} for paths that the cookies do not reach. */
  configure(): void {
    this.wire.register();
  }

  /** Nest calls it. @throws {SettingsError} where the settings do not fit what the app of a host puts before its routes. */
  onModuleInit(): void {
    const problems = this.globals.isHost
      ? placeProblems(this.options, this.globals.prefixOf(`/${this.options.pathPrefix}/token/refresh`))
      : [];
    if (problems.length > 0) throw new SettingsError(problems);
    const { httpAdapter } = this.adapterHost;
    if (httpAdapter?.getType() === 'fastify') admitEmptyBodies(httpAdapter.getInstance<FastifyInstance>());
    const logger = new Logger('Tokenjar');
    for (const warning of warningsFor(this.options)) logger.warn(warning);
    const stay = this.parts.mailer ? undefined : emailsStay(this.options);
    if (stay !== undefined) logger.warn(stay);
    if (!this.options.databaseUrl)
      logger.warn(
        `Embedded database in ${this.options.dataDir}: for evaluation and small sites, one process`,
      );
  }

  /** The module, with its settings. @throws {SettingsError} for invalid ones. */
  static override forRoot(input: TokenjarInput = {}): DynamicModule {
    refuseOtherNest();
    return this.forSettings(
      parseOptions(input, { hasMailer: input.mailer !== undefined, isInHost: true }),
      input,
    );
  }

  /**
   * The start of the app throws `SettingsError` for invalid settings returned by the factory. @throws
   * {SettingsError} for an invalid path.
   */
  static override forRootAsync(input: TokenjarAsyncInput): DynamicModule {
    refuseOtherNest();
    const { pathPrefix } = parseWith(PATH_PREFIX, input);
    const useFactory = (modules: ModulesContainer, given: TokenjarInput) => {
      refuseSecond(modules, TokenjarModule);
      return parseOptions(
        { ...given, pathPrefix },
        { hasMailer: given.mailer !== undefined, isInHost: true },
      );
    };
    return assembled(
      super.forRootAsync(input),
      { provide: GIVEN_OPTIONS, inject: [ModulesContainer, INPUT], useFactory },
      pathPrefix,
    );
  }

  /**
   * For our own server, which has already read the settings.
   *
   * @internal
   */
  static forSettings(options: Options, parts: TokenjarParts = {}): DynamicModule {
    const useFactory = (modules: ModulesContainer) => {
      refuseSecond(modules, TokenjarModule);
      return options;
    };
    return assembled(
      super.forRoot(parts),
      { provide: GIVEN_OPTIONS, inject: [ModulesContainer], useFactory },
      options.pathPrefix,
    );
  }
}

function assembled(definition: DynamicModule, options: Provider, pathPrefix: string): DynamicModule {
  const providers: Provider[] = [
    ...(definition.providers ?? []),
    options,
    { provide: OPTIONS, inject: [GIVEN_OPTIONS], useFactory: (given: Options) => given },
    { provide: Clock, inject: [INPUT], useFactory: ({ clock }: TokenjarParts) => clock ?? new Clock() },
    { provide: Metrics, inject: [INPUT], useFactory: ({ metrics }: TokenjarParts) => metrics ?? NO_METRICS },
    { provide: EGRESS, inject: [INPUT], useFactory: ({ fetch: egress = fetch }: TokenjarParts) => egress },
    {
      provide: HookCalls,
      inject: [INPUT, OPTIONS],
      useFactory: (parts: TokenjarParts, { hookTimeout }: Options) => new HookCalls(parts, hookTimeout),
    },
    {
      provide: PROFILE,
      inject: [INPUT, HookCalls, Database],
      useFactory: ({ profile }: TokenjarParts, hooks: HookCalls, db: Database) =>
        db.orClose(() => profile && new ProfileSchema(profile, hooks)),
    },
    { provide: EMAIL_TEXTS, inject: [INPUT], useFactory: ({ emails }: TokenjarParts) => emails },
    {
      provide: Mailer,
      inject: [OPTIONS, INPUT, Database],
      useFactory: (settings: Options, { mailer }: TokenjarParts, db: Database) =>
        db.orClose(() => mailer ?? mailerFor(settings)),
    },
    // After the database: of two processes on one directory, only the lock holder generates a key.
    {
      provide: SECRET_KEY,
      inject: [OPTIONS, Database],
      useFactory: (settings: Options, db: Database) => db.orClose(() => secretKeyOf(settings)),
    },
    {
      provide: DIALECT,
      inject: [OPTIONS, INPUT, Database, PROFILE],
      useFactory: (settings: Options, { wire }: TokenjarParts, db: Database, profile?: ProfileSchema) =>
        db.orClose(() => dialectOf(settings, wire, profile)),
    },
    Readiness,
    Purge,
    {
      provide: Passwords,
      inject: [OPTIONS, INPUT, Database, Metrics],
      useFactory: (settings: Options, parts: TokenjarParts, db: Database, metrics: Metrics) =>
        db.orClose(() => passwordsOf(settings, parts, metrics)),
    },
    {
      provide: BreachedPasswords,
      inject: [OPTIONS, Database],
      useFactory: (settings: Options, db: Database) => db.orClose(() => breachedPasswordsOf(settings)),
    },
    RefusedRequests,
    RequestOutcomes,
    RouteTable,
    HostGlobals,
    WireRoutes,
    LegacyTokens,
    DeviceSessions,
    Cookies,
    RefusedOrigins,
    ProblemFilter,
    AccessGuard,
    { provide: HAS_SECOND_FACTOR, inject: [StepUp], useFactory: factorsKnownTo },
    StepUpGuard,
    PermissionGuard,
    AdminGuard,
  ];
  return {
    ...definition,
    global: true,
    imports: [
      ...(definition.imports ?? []),
      DatabaseModule.forRoot(ENTITIES),
      ...SLICES,
      RouterModule.register([
        {
          path: pathPrefix,
          children: BELOW_THE_PREFIX,
        },
      ]),
    ],
    providers,
    exports: [...providers, DatabaseModule, UsersModule, AuthModule, HostModule],
  };
}

const factorsKnownTo =
  (stepUp: StepUp): HasSecondFactor =>
  (userId) =>
    stepUp.hasFactorById(userId);
