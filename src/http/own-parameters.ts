import type { ExecutionContext, Type } from '@nestjs/common';
import { CUSTOM_ROUTE_ARGS_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';

/** A parameter of a handler, as Nest keeps it. */
interface Parameter {
  index: number;
  data: string | undefined;
  factory?: (data: unknown, context: ExecutionContext) => unknown;
}

/** Fills in the arguments of a handler. */
type Fill = (args: unknown[], request: { params?: unknown }, response: unknown) => void;

/**
 * Takes the parameters of a handler away from Nest, which would hand them through the global pipes of a host: those may
 * change what our guards and dialects have read, such as the user of the request.
 *
 * @returns what reads them instead; undefined for a handler that has none of them.
 */
export function takeParameters(target: object, key: string | symbol): Fill | undefined {
  const owner = target.constructor as Type;
  const all = Object.entries((Reflect.getMetadata(ROUTE_ARGS_METADATA, owner, key) ?? {}) as Parameters);
  const isOwn = ([name]: [string, Parameter]) =>
    name.includes(CUSTOM_ROUTE_ARGS_METADATA) || name.startsWith(`${RouteParamtypes.PARAM}:`);
  const own = all.filter(isOwn).map(([, parameter]) => parameter);
  Reflect.defineMetadata(
    ROUTE_ARGS_METADATA,
    Object.fromEntries(all.filter((each) => !isOwn(each))),
    owner,
    key,
  );
  const handler = (target as Record<string | symbol, () => unknown>)[key];

  if (own.length === 0) return undefined;
  return (args, request, response) => {
    const context = new ExecutionContextHost([request, response], owner, handler);
    for (const { index, data, factory } of own)
      args[index] = factory
        ? factory(data, context)
        : (request.params as Record<string, unknown>)[data ?? ''];
  };
}

type Parameters = Record<string, Parameter>;
