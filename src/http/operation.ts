import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { HttpRequest } from './caller.js';
import type { Dialect } from './dialects/dialect.js';
import { standard } from './dialects/standard.js';
import type { Operation } from './operations.js';

export const OPERATION = 'tokenjar.operation';

/** Names the operation of a handler: what it takes and gives on the wire stands in the table of the dialect. */
export const Operates = (operation: Operation, summary: string): MethodDecorator =>
  applyDecorators(
    SetMetadata(OPERATION, operation),
    ApiOperation({ operationId: operation, summary }),
    HttpCode(standard.operations[operation]?.status ?? 200),
  );

interface Marked {
  tokenjarOperation?: Operation;
  tokenjarDialect?: Dialect;
}

/** Remembers what a request is for, so that the edge can read its body and word its answer. */
export function mark(request: HttpRequest, operation: Operation, dialect: Dialect): void {
  (request as Marked).tokenjarOperation = operation;
  (request as Marked).tokenjarDialect = dialect;
}

/** Undefined where no operation was reached, as at an address that is nobody's. */
export const operationOf = (request: HttpRequest): Operation | undefined =>
  (request as Marked).tokenjarOperation;
export const dialectOf = (request: HttpRequest): Dialect | undefined => (request as Marked).tokenjarDialect;
