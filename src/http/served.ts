import type { Options } from '../config/options.js';
import type { HttpRequest } from './caller.js';
import type { Dialect } from './dialects/dialect.js';
import type { OperationName } from './operations.js';

/** The metadata of a handler: the name of its operation, and the id of the route to it. */
export const OPERATION = 'tokenjar.operation';
export const ROUTE_ID = 'tokenjar.route';

/** For what a request is, and in whose words it is answered. */
export interface Served {
  operation: OperationName;
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
