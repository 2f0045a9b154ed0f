import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Options } from '../config/options.js';
import { LogLines } from './log-lines.js';
import type { LoggedRequest } from './request-reports.js';

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

/** Names of Nest's levels that are called differently elsewhere. */
const LEVELS: Partial<Record<LogLevel, 'info' | 'trace'>> = { log: 'info', verbose: 'trace' };

/** Text for people, or one JSON object a line: `level`, `time`, `pid`, `context`, `message`. */
export class ServerLogger extends ConsoleLogger {
  private readonly lines: LogLines | undefined;

  constructor({
    production,
    logFormat = production ? 'json' : 'text',
  }: Pick<Options, 'production' | 'logFormat'>) {
    const isJson = logFormat === 'json';
    super({ json: isJson, colors: !isJson && process.stdout.isTTY === true });
    if (isJson) this.lines = new LogLines();
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!isFromNest(rest)) super.log(message, ...(rest as [string]));
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!isFromNest(rest)) super.error(message, ...(rest as [string]));
  }

  /** A line for a request. */
  request(request: LoggedRequest): void {
    if (this.lines) this.lines.request(request);
    else super.log(describe(request), 'Request');
  }

  protected override printAsJson(
    message: unknown,
    { context, logLevel, errorStack }: { context: string; logLevel: LogLevel; errorStack?: unknown },
  ): void {
    const level = LEVELS[logLevel] ?? (logLevel as 'warn' | 'error' | 'fatal' | 'debug');
    this.lines?.say(
      level,
      { ...(context && { context }), ...(errorStack !== undefined && { stack: errorStack }) },
      typeof message === 'string' ? message : String(message),
    );
  }
}

/** `refreshToken 401 token_expired 1.2 ms user 7` */
const describe = ({ operation, status, code, duration_ms, user_id }: LoggedRequest): string =>
  [operation, status, code, `${duration_ms} ms`, user_id !== undefined && `user ${user_id}`]
    .filter((part) => part !== undefined && part !== false)
    .join(' ');

const isFromNest = (rest: readonly unknown[]): boolean => NEST_CONTEXTS.has(String(rest.at(-1)));
