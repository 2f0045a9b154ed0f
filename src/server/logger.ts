import { ConsoleLogger } from '@nestjs/common';
import type { Options } from '../config/options.js';

/**
 * Contexts in which Nest reports its own startup: every route and module, which no operator needs, and failures with a
 * stack, which are rethrown and explained once.
 */
const NEST_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'ExceptionHandler',
]);

/** Text for humans; in production, one JSON object per line. */
export class ServerLogger extends ConsoleLogger {
  constructor({ production }: Pick<Options, 'production'>) {
    super({ json: production, colors: !production && process.stdout.isTTY === true });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!isFromNest(rest)) super.log(message, ...(rest as [string]));
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!isFromNest(rest)) super.error(message, ...(rest as [string]));
  }
}

const isFromNest = (rest: readonly unknown[]): boolean => NEST_CONTEXTS.has(String(rest.at(-1)));
