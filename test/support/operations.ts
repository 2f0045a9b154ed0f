import type { OperationRow } from '../../src/http/operation-row.js';
import { type OperationName, ROUTES, rowOf } from '../../src/http/operations.js';

/** The ids of the routes whose operation is as asked, such as `login`. */
export const idsWhere = (is: (row: OperationRow) => boolean): string[] =>
  ROUTES.filter(({ operation }) => is(rowOf(operation))).map(({ id }) => id);

/** The operation behind a route; undefined for what is the same in every dialect. */
export const operationNamed = (id: string): OperationName | undefined =>
  ROUTES.find((each) => each.id === id)?.operation;
