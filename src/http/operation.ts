import { applyDecorators, HttpCode, Req, Res, SetMetadata } from '@nestjs/common';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { ApiOperation } from '@nestjs/swagger';
import type { Options } from '../config/options.js';
import type { HttpRequest } from './caller.js';
import type { Dialect } from './dialects/dialect.js';
import { standard } from './dialects/standard.js';
import { OWN_ROUTE } from './empty-body.js';
import type { Operation } from './operations.js';

export const OPERATION = 'tokenjar.operation';

/**
 * Names the operation of a handler: what it takes and gives on the wire stands in the table of the dialect. What the
 * handler returns is put into the dialect's words and kept out of every cache.
 *
 * **Source** RFC 6749 §5.1; ASVS 5.0 14.3.2.
 */
export const Operates =
  (operation: Operation, summary: string): MethodDecorator =>
  (target, key, descriptor) => {
    const method = descriptor as { value?: Handler };
    if (method.value) method.value = withAnswer(method.value, operation, target, key);
    applyDecorators(
      SetMetadata(OPERATION, operation),
      SetMetadata(FASTIFY_ROUTE_CONFIG_METADATA, OWN_ROUTE),
      ApiOperation({ operationId: operation, summary }),
      HttpCode(standard.operations[operation]?.status ?? 200),
    )(target, key, descriptor);
  };

type Handler = (...args: unknown[]) => unknown;

/** What Fastify's reply and Express's response have in common. */
interface Response {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

/** A row of the table, when nothing is known of which: the compiler cannot pair a union's operation and result. */
interface AnyForm {
  status: number;
  statusOf?: (result: unknown) => number;
  gives?: (result: unknown, options: Options) => unknown;
}

/**
 * Words the answer around the handler: Nest hands it the request and the response after the handler's own arguments.
 * So what two handlers share stands in a method of its own: called by one another they would word twice.
 *
 * An interceptor would take two async scopes, a replay subject and ten subscriptions of rxjs for each request, which is
 * a tenth of a refresh (docs/performance.md).
 */
function withAnswer(handler: Handler, operation: Operation, target: object, key: string | symbol): Handler {
  const own = handler.length;
  Req()(target, key, own);
  Res({ passthrough: true })(target, key, own + 1);
  const usual = standard.operations[operation]?.status;

  const answering = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const served = servedFor(args[own] as HttpRequest);
    const response = args[own + 1] as Response;
    const result = await handler.apply(this, args);
    const form = served?.dialect.operations[operation] as AnyForm | undefined;
    if (!served || !form) throw new TypeError(`${String(key)} was reached without AccessGuard`);
    response.header('Cache-Control', 'no-store');
    const status = form.statusOf?.(result) ?? form.status;
    if (status !== usual) response.status(status);
    return form.gives?.(result, served.options);
  };
  // Decorators that ran before this one wrote on the function they saw.
  for (const name of Reflect.getMetadataKeys(handler))
    Reflect.defineMetadata(name, Reflect.getMetadata(name, handler), answering);
  return Object.defineProperty(answering, 'name', { value: handler.name });
}

/** For what a request is, and in whose words it is answered. */
export interface Served {
  operation: Operation;
  dialect: Dialect;
  options: Options;
}

interface Marked {
  tokenjarServed?: Served;
}

/** Remembers what a request is for, so that the edge can read its body and word its answer. */
export function mark(request: HttpRequest, served: Served): void {
  (request as Marked).tokenjarServed = served;
  request.trustedProxies = served.options.trustedProxies;
}

/** Undefined where no operation was reached, as at an address that is nobody's. */
export const servedFor = (request: HttpRequest): Served | undefined => (request as Marked).tokenjarServed;
export const operationOf = (request: HttpRequest): Operation | undefined => servedFor(request)?.operation;
