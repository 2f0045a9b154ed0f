import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { z } from 'zod';
import { type FieldErrors, TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { type OperationForm, takenBy } from './dialects/dialect.js';
import { isNoBody } from './empty-body.js';
import { type OperationName, rowOf } from './operations.js';
import type { RefreshTokenInBody } from './payloads.js';
import { stateOf } from './request-state.js';

type AnyForm = OperationForm<OperationName> | undefined;

/** Provides the body, parsed by the dialect's form for the operation. **Errors** `input_invalid`. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) =>
  readInput(context.switchToHttp().getRequest<HttpRequest>()),
);

/** Provides the query, parsed by the row of the operation. **Errors** `input_invalid`. */
export const QueryInput = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<HttpRequest>();
  const operation = stateOf(request).served?.operation;
  const query = operation && rowOf(operation).query;
  if (!query) throw new TypeError(`@QueryInput() stands on a route without an operation that takes a query`);
  const given = Object.create(null) as Record<string, string>;
  // The first of several, as with `limit` and `cursor`.
  for (const [name, value] of new URL(request.url, 'http://localhost').searchParams) given[name] ??= value;
  return readFields(query, given);
});

/** Parses the body of a request into the neutral form. A missing body counts as `{}`. **Errors** `input_invalid`. */
export function readInput(request: HttpRequest): unknown {
  const { served } = stateOf(request);
  const form = served && takenBy(served.dialect.operations[served.operation] as AnyForm, served.options);
  if (!form)
    throw new TypeError(`@Input() stands on a route without an operation that takes a body: ${request.url}`);
  return readFields(form, isNoBody(request.body) ? {} : request.body);
}

/** Parses fields by a schema. **Errors** `input_invalid`. */
export function readFields<Output>(schema: z.ZodType<Output>, given: unknown): Output {
  const result = schema.safeParse(given);
  if (!result.success) throw inputInvalid(result.error.issues);
  return result.data;
}

/** The refresh token in the body, if `REFRESH_TOKEN_IN` allows it there; else null. **Errors** `input_invalid`. */
export function refreshTokenInBody(request: HttpRequest): string | null {
  const { served } = stateOf(request);
  // A host may use our refresh strategy on a route of its own, whose bodies are not ours to read.
  if (!served || served.options.refreshTokenIn === 'cookie') return null;
  // Browsers send no body by themselves.
  if (rowOf(served.operation).cookie === 'sets_device_proof') return null;
  return (readInput(request) as RefreshTokenInBody).refreshToken ?? null;
}

/** A refresh token in the body where clients are not asked for one; null if there is none. */
export function unaskedRefreshToken(request: HttpRequest): string | null {
  const { served } = stateOf(request);
  const form = served?.dialect.operations[served.operation]?.takes;
  const result = isNoBody(request.body) ? undefined : form?.safeParse(request.body);
  return (result?.success && (result.data as RefreshTokenInBody).refreshToken) || null;
}

/** The errors by field; `body` for the body as a whole. */
function inputInvalid(issues: readonly z.core.$ZodIssue[]): TokenjarError {
  const errors: FieldErrors = {};
  for (const { path, message } of issues) (errors[String(path[0] ?? 'body')] ??= []).push(message);
  return new TokenjarError('input_invalid', { errors });
}
