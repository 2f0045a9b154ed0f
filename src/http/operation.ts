import {
  applyDecorators,
  Controller,
  HttpCode,
  Req,
  RequestMapping,
  RequestMethod,
  Res,
  SetMetadata,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Options } from '../config/options.js';
import { AccessGuard, OPERATION, ROUTE_ID } from './access.guard.js';
import { AdminGuard } from './admin.guard.js';
import type { HttpRequest } from './caller.js';
import { DeadCookieFilter } from './dead-cookie.filter.js';
import { standard } from './dialects/standard.js';
import { OWN_ROUTE } from './empty-body.js';
import { FIXED_OPERATIONS, type FixedName, type OperationName, rowOf } from './operations.js';
import {
  checksOrigin,
  namesUser,
  needsAccessToken,
  type OperationRow,
  partsOf,
  type Route,
} from './operation-row.js';
import { OriginGuard } from './origin.guard.js';
import { type Paged, withLink } from './paging.js';
import { takeParameters } from './own-parameters.js';
import type { TokensAndUser } from './payloads.js';
import { ProblemFilter } from './problem.filter.js';
import { Public } from './principal.js';
import { type RequestState, stateOf } from './request-state.js';
import { cookiesOn, withhold } from './withheld-answer.js';
import { DemandFresh } from './step-up.guard.js';
import { UserOfPath } from './user-id.js';
import { shownIdOf } from '../user-id.js';

/**
 * A controller of ours: guarded according to the table of operations; responses and errors in the format of the
 * dialect.
 *
 * Everything is attached to the controller and nothing to the app, so a host's own routes are not affected.
 */
export const ApiController = () =>
  applyDecorators(
    Controller({ version: VERSION_NEUTRAL }),
    UseGuards(AccessGuard),
    UseFilters(ProblemFilter),
  );

/** The handler of an operation whose format is the same in every dialect. */
export const FixedOperation =
  (name: FixedName): MethodDecorator =>
  (target, key, descriptor) => {
    const method = descriptor as { value?: Handler };
    if (!method.value) throw new TypeError(`@FixedOperation('${name}') is for methods`);
    method.value = around(method.value, target, key, (result) => ({ status: 200, body: result }));
    const { route, summary, tag } = FIXED_OPERATIONS[name];
    applyDecorators(Public(), RoutedTo(name, route, summary), ApiTags(tag))(target, key, descriptor);
  };

/**
 * The handler of an operation. The table of operations defines its path, who may call it and its effect on the cookie;
 * the dialect defines the format. The result of the handler is converted to that format, and the response is never
 * cached.
 *
 * **Source** RFC 6749 §5.1; ASVS 5.0 14.3.2.
 */
export const Operation =
  (name: OperationName): MethodDecorator =>
  (target, key, descriptor) => {
    const method = descriptor as { value?: Handler };
    if (!method.value) throw new TypeError(`@Operation('${name}') is for methods`);
    const row = rowOf(name);
    method.value = withAnswer(method.value, name, target, key);
    describe(row, name)(target, key, descriptor);
    for (const [id, route] of Object.entries(row.also))
      addRoute({ id, route, summary: row.summary }, method.value, target, key);
  };

function describe(row: OperationRow, name: OperationName): MethodDecorator {
  const { route, summary, tag, access, fresh, cookie } = row;
  return applyDecorators(
    SetMetadata(OPERATION, name),
    SetMetadata(FASTIFY_ROUTE_CONFIG_METADATA, OWN_ROUTE),
    HttpCode(standard.operations[name]?.status ?? 200),
    ApiTags(tag),
    ...(needsAccessToken(access) ? [] : [Public()]),
    ...(access === 'admin' ? [UseGuards(AdminGuard)] : []),
    ...(fresh === 'always' ? [DemandFresh({ withFactor: true })] : []),
    ...(namesUser(row) ? [UseGuards(UserOfPath)] : []),
    ...(checksOrigin(cookie) ? [SameOrigin()] : []),
    ...(cookie === 'rotates' ? [UseFilters(DeadCookieFilter)] : []),
    RoutedTo(name, route, summary),
  );
}

const RoutedTo = (id: string, route: Route, summary: string): MethodDecorator => {
  const [verb, path] = partsOf(route);
  return applyDecorators(
    SetMetadata(ROUTE_ID, id),
    RequestMapping({ method: RequestMethod[verb], path }),
    ApiOperation({ operationId: id, summary }),
  );
};

/** The origin is checked before other guards of the route: a foreign page must not make us hash passwords. */
const SameOrigin = (): MethodDecorator => (_target, _key, descriptor) => {
  const handler = descriptor.value as object;
  const others = (Reflect.getMetadata(GUARDS_METADATA, handler) ?? []) as unknown[];
  Reflect.defineMetadata(GUARDS_METADATA, [OriginGuard, ...others], handler);
};

/** Nest supports one route per method, so each further route gets a copy of the method. */
function addRoute(
  { id, route, summary }: { id: string; route: Route; summary: string },
  handler: Handler,
  target: object,
  key: string | symbol,
): void {
  if (id in target) throw new TypeError(`${target.constructor.name} has a method ${id} already`);
  const value = inheriting(handler, function (this: unknown, ...args: unknown[]): unknown {
    return handler.apply(this, args);
  });
  Object.defineProperty(target, id, { value, writable: true, configurable: true });
  for (const owner of [target, target.constructor])
    for (const name of Reflect.getMetadataKeys(owner, key))
      Reflect.defineMetadata(name, Reflect.getMetadata(name, owner, key), owner, id);
  RoutedTo(id, route, summary)(target, id, { value });
}

type Handler = (...args: unknown[]) => unknown;

/** The common part of Fastify's reply and Express's response. */
interface Response {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

/** A row of the table without its types: the compiler cannot correlate the operation and result of a union. */
interface UntypedForm {
  status: number;
  statusOf?: (result: unknown) => number;
  gives?: (result: unknown, options: Options) => unknown;
}

/** Formats the result in the words of the dialect. */
function withAnswer(handler: Handler, name: OperationName, target: object, key: string | symbol): Handler {
  const { isPaged, access } = rowOf(name);
  const isLinked = isPaged && access !== 'admin';

  return around(handler, target, key, (given, request, response) => {
    let result = given;
    const { served } = stateOf(request);
    const form = served?.dialect.operations[name] as UntypedForm | undefined;
    if (!served || !form) throw new TypeError(`${String(key)} was reached without AccessGuard`);
    noteResult(stateOf(request), result, served.options);
    response.header('Cache-Control', 'no-store');
    if (isLinked) result = withLink(request, response, result as Paged<unknown>);
    return {
      status: form.statusOf?.(result) ?? form.status,
      body: form.gives?.(result, served.options),
    };
  });
}

/** Makes the answer of what a handler returns. */
type Worded = (
  result: unknown,
  request: HttpRequest,
  response: Response,
) => { status: number; body: unknown };

/**
 * Reads the parameters and makes the answer in a wrapper of the handler. Nest passes the request and the response after
 * the handler's own arguments.
 *
 * An interceptor would take two async scopes, a replay subject and ten rxjs subscriptions per request, a tenth of a
 * refresh (docs/performance.md).
 */
function around(handler: Handler, target: object, key: string | symbol, word: Worded): Handler {
  const own = countOfParameters(handler, target, key);
  const fill = takeParameters(target, key);
  Req()(target, key, own);
  Res({ passthrough: true })(target, key, own + 1);

  return inheriting(handler, async function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const request = args[own] as HttpRequest;
    const response = args[own + 1] as Response;
    const { reply } = stateOf(request);
    if (!reply) {
      fill?.(args, request, response);
      const { status, body } = word(await handler.apply(this, args), request, response);
      response.status(status);
      return body;
    }
    const cookies = cookiesOn(response);
    try {
      fill?.(args, request, response);
      const { status, body } = word(await handler.apply(this, args), request, response);
      withhold(response, cookies, () => reply(response, body, status));
      return undefined;
    } catch (thrown) {
      withhold(response, cookies, () => raise(thrown), { thrown });
      throw thrown;
    }
  });
}

const raise = (thrown: unknown): never => {
  throw thrown;
};

/** Who has signed in or refreshed, or what is still needed for it. */
function noteResult(state: RequestState, result: unknown, options: Options): void {
  if (typeof result !== 'object' || result === null) return;
  const { user, sessionId, needs } = result as Partial<TokensAndUser> & { needs?: string };
  if (needs !== undefined) state.code = needs;
  if (sessionId === undefined || !user) return;
  state.shownId = shownIdOf(user, options);
  state.sessionId = sessionId;
}

/** `length` ends at the first default or rest parameter, so the request would be passed in its place. */
function countOfParameters(handler: Handler, target: object, key: string | symbol): number {
  const { length } = Reflect.getMetadata('design:paramtypes', target, key) as unknown[];
  if (length === handler.length) return length;
  throw new TypeError(`${String(key)} must have neither default nor rest parameters`);
}

/** Applies the decorators of one function to another as well, including those added later. */
function inheriting(from: Handler, to: Handler): Handler {
  Object.setPrototypeOf(to, from);
  return Object.defineProperty(to, 'name', { value: from.name });
}
