declare const TYPES: unique symbol;

/** An SQL statement with a name under which PostgreSQL caches its plan. */
export interface Statement<Values extends unknown[], Row> {
  name: string;
  text: string;
  readonly [TYPES]: (values: Values) => Row;
}

/**
 * Declares a statement: what its parameters are, in their order and with a label each, and what a row of it is. Both are
 * for the compiler alone; `db.run` takes no other values, and its callers need not say what comes back.
 *
 * @param name empty for one that is not kept.
 */
export const statement = <Values extends unknown[] = [], Row = unknown>(
  name: string,
  text: string,
): Statement<Values, Row> => ({ name, text }) as Statement<Values, Row>;
