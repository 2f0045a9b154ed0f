import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { Options } from '../config/options.js';
import { AccessGuard } from '../http/access.guard.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { TokenjarModule } from '../tokenjar.module.js';
import type { TokenjarParts } from '../tokenjar-parts.js';
import { HealthModule } from './health/health.module.js';

/** Our server: Tokenjar, its health checks, and the guard and filter for all routes. */
@Module({})
export class ServerModule {
  static forRoot(options: Options, parts?: TokenjarParts): DynamicModule {
    return {
      module: ServerModule,
      imports: [TokenjarModule.forSettings(options, parts), HealthModule],
      providers: [
        { provide: APP_GUARD, useExisting: AccessGuard },
        { provide: APP_FILTER, useExisting: ProblemFilter },
      ],
    };
  }
}
