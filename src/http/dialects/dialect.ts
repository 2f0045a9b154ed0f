import type { ErrorCode, FieldErrors } from '../../errors.js';

/** A failure, before a dialect words it. */
export interface Problem {
  code: ErrorCode;
  status: number;
  detail: string;
  errors?: FieldErrors | undefined;
}

/** A translation at the edge: how answers look on the wire. No slice knows one. */
export interface Dialect {
  /** The body of a failure and its content type. */
  problem(problem: Problem): { contentType: string; body: object };
}

/** Token under which the edge injects the {@link Dialect} that is served. */
export const DIALECT = Symbol('tokenjar.dialect');
