import { ConsoleLogger } from '@nestjs/common';
import type { Options } from '../config/options.js';

/**
 * Contexts in which Nest tells of its own start: every route and module, nothing an operator acts on, and a failure
 * with its stack, which is thrown on and explained once by whoever started the server.
 */
const NEST_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'ExceptionHandler',
]);

/** Lines for people; in production a JSON object a line. */
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
