import {
  applyDecorators,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { AccessGuard } from './access.guard.js';
import { InputPipe } from './input.pipe.js';
import { OriginGuard } from './origin.guard.js';
import { ProblemFilter } from './problem.filter.js';
import { Refuses } from './returns.js';

/** Keeps tokens and accounts out of every cache. **Source** RFC 6749 §5.1; ASVS 5.0 14.3.2. */
@Injectable()
export class NoStore implements NestInterceptor {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.adapterHost.httpAdapter.setHeader(context.switchToHttp().getResponse(), 'Cache-Control', 'no-store');
    return next.handle();
  }
}

/**
 * A controller of ours: guarded unless a route is public, bodies read by schema, failures as problems, nothing cached.
 *
 * All of it stands on the controller and nothing on the app, so that a host's own routes stay as they are.
 */
export const Edge = (tag: string, path = '') =>
  applyDecorators(
    Controller(path),
    ApiTags(tag),
    ApiConsumes('application/json', 'application/x-www-form-urlencoded'),
    UseGuards(AccessGuard),
    UsePipes(InputPipe),
    UseInterceptors(NoStore),
    UseFilters(ProblemFilter),
  );

/** For every route that reads or sets the refresh cookie. */
export const FromOwnPages = () => applyDecorators(UseGuards(OriginGuard), Refuses('origin_refused'));
