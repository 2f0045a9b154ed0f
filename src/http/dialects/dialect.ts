import type { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { ErrorCode, FieldErrors, PendingFacts, StepUpDemand, TokenProblem } from '../../errors.js';
import { partsOf, type Route, under } from '../operation-row.js';
import { type NamedRoute, type OperationName, type Operations, ROUTES } from '../operations.js';
import type { TokensAndUser } from '../payloads.js';

/** An error, before a dialect formats it. */
export interface Problem {
  code: ErrorCode;
  status: number;
  detail: string;
  errors?: FieldErrors | undefined;
  /** Further codes of the same error, such as all problems of a new password. */
  codes: readonly ErrorCode[];
  /** What exactly was wrong with a token. */
  tokenProblem?: TokenProblem | undefined;
  /** When to try again. **Unit** seconds. */
  retryAfter?: number | undefined;
  /** How to continue a sign-in that lacks a step. */
  pending?: PendingFacts | undefined;
  /** What the sign-in lacks. */
  stepUp?: StepUpDemand | undefined;
  /** The permissions that the request needs. */
  scope?: readonly string[] | undefined;
}

/** The parts of a failed request that a dialect may use. */
export interface FailedRequest {
  operation: OperationName | undefined;
  method: string;
  /** Without the query. */
  path?: string;
  /** Whether it had no Authorization header. */
  isAnonymous?: boolean;
  contentType: string;
  /** The error of the body parser. */
  parserMessage: string;
  options: Options;
}

/** An error as formatted by a dialect. */
export interface WordedProblem {
  status: number;
  contentType: string;
  body: object;
  /** The value of WWW-Authenticate; absent if a 401 has none. */
  challenge?: string | undefined;
}

/** The format of one operation. */
export interface OperationForm<O extends OperationName> {
  /** Parses the body into the neutral form; absent if there is no body. */
  takes?: z.ZodType<Operations[O]['input']>;
  /** The same, if it depends on the settings. */
  takesFor?: (options: Options) => z.ZodType<Operations[O]['input']>;
  /** The status of a success. */
  status: number;
  /** The status, if it depends on the result. */
  statusOf?: (result: Operations[O]['result']) => number;
  /** The shape of a successful body, for the document; absent if there is none. */
  shape?: z.ZodType;
  /** The shape, if it depends on the settings. */
  shapeFor?: (options: Options) => z.ZodType;
  /** The body of a success. */
  gives?: (result: Operations[O]['result'], options: Options) => unknown;
  /** Further media types of a success, which `Accept` asks for, each with an example. */
  alternatives?: Readonly<Record<string, string>>;
  /** Whether a sign-in that lacks a step is a success of it, and no failure. */
  showsPending?: true;
  /** Describes a success, for the document. */
  description: string;
}

/** How the body of an operation is parsed; undefined if there is none. */
export const takenBy = <O extends OperationName>(
  form: OperationForm<O> | undefined,
  options: Options,
): z.ZodType<Operations[O]['input']> | undefined => form?.takesFor?.(options) ?? form?.takes;

/** A form for each value of `SIGN_IN_WITH`. */
export const bySignInWith =
  <Input>(forms: Record<Options['signInWith'], z.ZodType<Input>>) =>
  ({ signInWith }: Pick<Options, 'signInWith'>): z.ZodType<Input> =>
    forms[signInWith];

/** The result of a refresh: 204 if the request had `optional` and nobody is signed in. */
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
/** A media type of bodies. */
export type BodyType = typeof JSON_TYPE | typeof FORM_TYPE | typeof MULTIPART_TYPE;

/** `newPassword` → `new_password`. */
export const inSnakeCase = (neutral: string): string =>
  neutral.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

/** A path of a host, and the route of ours that it leads to. */
export interface WireRoute {
  id: string;
  from: Route;
  to: Route;
}

/** A translation at the edge: names, statuses and bodies. Slices know no dialect. */
export interface Dialect {
  /** One row per operation; operations without one do not exist in the dialect. */
  operations: { [O in OperationName]?: OperationForm<O> };
  word(problem: Problem, request: FailedRequest): WordedProblem;
  /** The name of a field of the neutral form in requests and responses, such as `new_password` for `newPassword`. */
  fieldName: (neutral: string) => string;
  /** The accepted media types of bodies; the document shows the first one. */
  bodyTypes: readonly BodyType[];
  /** Introduces the dialect in the document, above the operations. **Shape** CommonMark paragraphs. */
  introduction: string;
  /** The shape of an error body, for the document. */
  problemShape: z.ZodType;
  /** Operation IDs of routes that it lacks although it has their operations. */
  lacks: readonly string[];
  /** Paths of a host's own. */
  paths?: readonly WireRoute[];
  /** Whether the secret of a login that lacks a step is sent in bodies instead of a cookie. */
  isPendingLoginInBody?: true;
}

/** Whether a dialect has a route of an operation. */
export const has = (
  { operations, lacks }: Dialect,
  { id, operation }: Pick<NamedRoute, 'id' | 'operation'>,
): boolean => operations[operation] !== undefined && !lacks.includes(id);

/** Whether a dialect has any route with the path of this one. */
export const hasPathOf = (dialect: Dialect, id: string): boolean => {
  const path = (each: NamedRoute) => partsOf(each.route)[1];
  const found = ROUTES.find((each) => each.id === id);
  return found !== undefined && ROUTES.some((each) => path(each) === path(found) && has(dialect, each));
};

/** The routes that a dialect lacks, such as `PUT /auth/user`. */
export const lackingRoutes = (dialect: Dialect, { pathPrefix }: Pick<Options, 'pathPrefix'>): string[] =>
  ROUTES.filter((each) => !has(dialect, each)).map(({ route }) => under(pathPrefix, route));

/** The injection token of the active {@link Dialect}. */
export const DIALECT = Symbol('tokenjar.dialect');
