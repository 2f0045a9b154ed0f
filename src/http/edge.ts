import {
  applyDecorators,
  type CanActivate,
  Controller,
  type Type,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AccessGuard } from './access.guard.js';
import { OriginGuard } from './origin.guard.js';
import { ProblemFilter } from './problem.filter.js';
import { Refuses } from './refuses.js';

/**
 * A controller of ours: guarded unless a route is public, answers and failures in the words of the dialect, nothing
 * cached.
 *
 * All of it stands on the controller and nothing on the app, so that a host's own routes stay as they are.
 */
export const Edge = (tag: string, path = '') =>
  applyDecorators(Controller(path), ApiTags(tag), UseGuards(AccessGuard), UseFilters(ProblemFilter));

/**
 * For every route that reads or sets the refresh cookie.
 *
 * @param guards what else stands before the route. It comes after the origin: a foreign page must not make us hash
 * passwords, nor clear a cookie.
 */
export const FromOwnPages = (...guards: Type<CanActivate>[]) =>
  applyDecorators(UseGuards(OriginGuard, ...guards), Refuses('origin_refused'));
