import { type DynamicModule, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Clock } from '../clock.js';
import type { OperatorSettings } from '../config/env.js';
import { OPTIONS } from '../config/options.js';
import { DatabaseModule } from '../database/database.module.js';
import { ENTITIES } from '../entities.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { PROFILE } from '../hooks/profile.js';
import { Metrics, NO_METRICS } from '../measures.js';
import { Readiness } from '../housekeeping/readiness.js';
import { operatorSettings } from './settings.js';

/** What the modules of a command depend on. No secret: commands sign, encrypt and send nothing. */
@Module({})
class OperatorModule {
  static forRoot(settings: OperatorSettings, modules: Type[]): DynamicModule {
    const providers = [
      // The schedule is of servers: a second purge would begin beside the one that was asked for.
      { provide: OPTIONS, useValue: { ...settings, purgeInterval: 0 } },
      Clock,
      Readiness,
      { provide: Metrics, useValue: NO_METRICS },
      { provide: HookCalls, useValue: new HookCalls({}, 0) },
      { provide: PROFILE, useValue: undefined },
    ];
    return {
      module: OperatorModule,
      global: true,
      imports: [DatabaseModule.forRoot(ENTITIES), ...modules],
      providers,
      exports: [...providers, DatabaseModule],
    };
  }
}

/** Starts some of the server's modules with its database but without a server, runs a function, and closes them. */
export async function inApplication<Result>(
  modules: Type[],
  act: (application: INestApplicationContext) => Promise<Result>,
): Promise<Result> {
  const root = OperatorModule.forRoot(operatorSettings(), modules);
  // A command reports through its return value or an error, not through the logger.
  const application = await NestFactory.createApplicationContext(root, {
    logger: false,
    abortOnError: false,
  });
  try {
    return await act(application);
  } finally {
    await application.close();
  }
}
