import type { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { ErrorCode, FieldErrors, PendingFacts, TokenProblem } from '../../errors.js';
import { under } from '../operation-row.js';
import { type NamedRoute, type OperationName, type Operations, ROUTES } from '../operations.js';
import type { TokensAndUser } from '../payloads.js';

/** A failure, before a dialect words it. */
export interface Problem {
  code: ErrorCode;
  status: number;
  detail: string;
  errors?: FieldErrors | undefined;
  /** More codes of the same failure, such as all that is wrong with a new password. */
  codes: readonly ErrorCode[];
  /** What exactly was wrong with a token. */
  tokenProblem?: TokenProblem | undefined;
  /** When to try again. **Unit** seconds. */
  retryAfter?: number | undefined;
  /** How to go on with a sign-in that lacks a step. */
  pending?: PendingFacts | undefined;
}

/** What a dialect may know of the request that failed. */
export interface FailedRequest {
  operation: OperationName | undefined;
  method: string;
  /** Without the query. */
  path?: string;
  /** Whether it came without an Authorization header. */
  isAnonymous?: boolean;
  contentType: string;
  /** What the parser of the body said. */
  parserMessage: string;
  options: Options;
}

/** A failure in the words of a dialect. */
export interface WordedProblem {
  status: number;
  contentType: string;
  body: object;
  /** For WWW-Authenticate; absent where a 401 carries none. */
  challenge?: string | undefined;
}

/** How one operation looks on the wire. */
export interface OperationForm<O extends OperationName> {
  /** What it takes, read into the neutral shape; absent where it takes no body. */
  takes?: z.ZodType<Operations[O]['input']>;
  /** The status of success. */
  status: number;
  /** The status, where it hangs on the result. */
  statusOf?: (result: Operations[O]['result']) => number;
  /** The shape of the body of success, for the document; absent where there is none. */
  shape?: z.ZodType;
  /** The shape, where it hangs on the settings. */
  shapeFor?: (options: Options) => z.ZodType;
  /** The body of success. */
  gives?: (result: Operations[O]['result'], options: Options) => unknown;
  /** What success is, for the document. */
  description: string;
}

/** How a refresh is told: 204 where it asked by `optional` and nobody is signed in. */
export const refreshedWith = (
  shape: z.ZodType,
  show: (result: TokensAndUser, options: Options) => unknown,
): Pick<OperationForm<'refreshToken'>, 'status' | 'statusOf' | 'shape' | 'gives'> => ({
  status: 200,
  statusOf: (result) => (result ? 200 : 204),
  shape,
  gives: (result, options) => result && show(result, options),
});

export const JSON_TYPE = 'application/json';
export const FORM_TYPE = 'application/x-www-form-urlencoded';
export const MULTIPART_TYPE = 'multipart/form-data';
export type BodyType = typeof JSON_TYPE | typeof FORM_TYPE | typeof MULTIPART_TYPE;

/** `newPassword` → `new_password`. */
export const inSnakeCase = (neutral: string): string =>
  neutral.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

/** A translation at the edge: names, statuses and bodies on the wire. No slice knows one. */
export interface Dialect {
  /** One row an operation; an operation without one is not there. */
  operations: { [O in OperationName]?: OperationForm<O> };
  word(problem: Problem, request: FailedRequest): WordedProblem;
  /** The name on the wire of a field of a neutral shape, such as `new_password` for `newPassword`. */
  fieldName: (neutral: string) => string;
  /** The media types that bodies may have, the one that the document shows first. */
  bodyTypes: readonly BodyType[];
  /** What the document says of the dialect, above the operations. **Shape** CommonMark paragraphs. */
  introduction: string;
  /** The shape of the body of a failure, for the document. */
  problemShape: z.ZodType;
  /** Routes to operations it has that it has not, by their ids. */
  lacks: readonly string[];
  /** Whether the secret of a login that lacks a step travels in bodies, and in no cookie. */
  isPendingLoginInBody?: true;
}

/** Whether a dialect has a route to an operation. */
export const has = (
  { operations, lacks }: Dialect,
  { id, operation }: Pick<NamedRoute, 'id' | 'operation'>,
): boolean => operations[operation] !== undefined && !lacks.includes(id);

/** The routes that a dialect lacks, as `PUT /auth/user`. */
export const lackingRoutes = (dialect: Dialect, { pathPrefix }: Pick<Options, 'pathPrefix'>): string[] =>
  ROUTES.filter((each) => !has(dialect, each)).map(({ route }) => under(pathPrefix, route));

/** Token under which the edge injects the {@link Dialect} that is served. */
export const DIALECT = Symbol('tokenjar.dialect');
