import type { OperationRow } from '../../src/http/operation-row.js';
import { type OperationName, ROUTES, rowOf } from '../../src/http/operations.js';

/** The operation IDs of the routes that match a filter, such as `login`. */
export const idsWhere = (is: (row: OperationRow) => boolean): string[] =>
  ROUTES.filter(({ operation }) => is(rowOf(operation))).map(({ id }) => id);

/** The operation of a route; undefined for those that are the same in every dialect. */
export const operationNamed = (id: string): OperationName | undefined =>
  ROUTES.find((each) => each.id === id)?.operation;
