import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { SettingsError } from '../../config/check.js';
import { TokenjarError } from '../../errors.js';
import { hookUserOf } from '../../hooks/hooks.js';
import { DEVICE_OPERATIONS } from '../device-operations.js';
import type { Route } from '../operation-row.js';
import { type OperationName, type Operations, rowOf } from '../operations.js';
import type { UserFacts } from '../payloads.js';
import { isPending, type PendingSignIn, refusalOf } from '../pending-sign-in.js';
import type { BodyType, Dialect, Problem, WordedProblem } from './dialect.js';
import { routesOfWire } from './wire-paths.js';

/** How a host words one operation. What is left out is as in the dialect that it begins with. */
export interface WireOperation<O extends OperationName> {
  /** Reads a body into what the operation takes; `meta` names it in the document, with examples. */
  takes?: z.ZodType<Operations[O]['input']>;
  /** **Shape** 200 to 299. */
  status?: number;
  /** The body of a success, for the document. */
  shape?: z.ZodType;
  /** The body of a success. A sign-in that lacks a step is an error, which `word` formats. */
  gives?: (result: Exclude<Operations[O]['result'], PendingSignIn>) => unknown;
  description?: string;
}

/** The parts of a failed request that a wire may use. */
export interface WireRequest {
  operation: OperationName | undefined;
  method: string;
  /** Without the query. */
  path?: string;
  /** Whether it had no Authorization header. */
  isAnonymous?: boolean;
  contentType: string;
}

/** A wire of a host's own, on the operations that there are. */
export interface Wire {
  /** By the names of `operationId`; null takes one away. */
  operations?: { readonly [O in OperationName]?: WireOperation<O> | null };
  /** Further paths of routes, from the root of the app, by `operationId`: `{ login: 'POST /users/sign_in' }`. */
  paths?: Readonly<Record<string, Route>>;
  /** The body of an error, and its status, which stays one of 400 to 499 or of 500 to 599. */
  word?: (problem: Problem, request: WireRequest) => WordedProblem;
  /** The shape of that body, for the document. */
  problemShape?: z.ZodType;
  /** The name of a field of ours, such as `newPassword`, in errors. */
  fieldName?: (neutral: string) => string;
  bodyTypes?: readonly BodyType[];
  /** Introduces the wire in the document. **Shape** CommonMark. */
  introduction?: string;
}

/** Puts the wire of a host over a dialect, which has what it leaves out. @throws {SettingsError} for what a wire cannot be. */
export function wired(base: Dialect, wire: Wire): Dialect {
  const { operations: given = {}, paths = {}, word, ...rest } = wire;
  const problems: string[] = [];
  const operations: Record<string, unknown> = { ...base.operations };
  for (const [name, own] of Object.entries(given) as [OperationName, AnyOperation | null][]) {
    const form = base.operations[name] as AnyForm | undefined;
    if (!form) problems.push(`wire: there is no operation ${name}`);
    else if (['admin', 'service'].includes(rowOf(name).access))
      problems.push(`wire: ${name} is the same in every dialect`);
    else if (own?.status !== undefined && !isSuccess(own.status))
      problems.push(`wire: ${name} cannot succeed with the status ${own.status}`);
    else if (own) operations[name] = formOf(form, own);
    else delete operations[name];
  }
  const dialect = { ...base, ...rest, operations: operations as Dialect['operations'] };
  const routes = routesOfWire(paths, dialect, problems);
  if (problems.length > 0) throw new SettingsError(problems);
  return { ...dialect, paths: routes, ...(word && { word: worded(base, word) }) };
}

interface AnyOperation {
  takes?: z.ZodType;
  status?: number;
  shape?: z.ZodType;
  gives?: (result: unknown) => unknown;
  description?: string;
}
interface AnyForm extends AnyOperation {
  status: number;
  takesFor?: unknown;
  shapeFor?: unknown;
  statusOf?: unknown;
  showsPending?: true;
}

function formOf(
  { takesFor, shapeFor, statusOf, showsPending, ...form }: AnyForm,
  own: AnyOperation,
): AnyForm {
  const { gives } = own;
  return {
    ...form,
    ...(!own.takes && takesFor !== undefined && { takesFor }),
    ...(!own.shape && shapeFor !== undefined && { shapeFor }),
    ...(own.status === undefined && statusOf !== undefined && { statusOf }),
    ...(!gives && showsPending && { showsPending }),
    ...own,
    ...(gives && { gives: guarded(gives) }),
  };
}

/** A host sees what users are shown, and nothing else of them: no hash, no token that the settings put into the cookie. */
const guarded =
  (gives: (result: unknown) => unknown) =>
  (result: unknown): unknown => {
    if (lacksStep(result)) throw refusalOf(result);
    try {
      return asJson(gives(shown(result)));
    } catch (error) {
      throw failed('gives', error);
    }
  };

const isSuccess = (status: number): boolean => Number.isInteger(status) && status >= 200 && status <= 299;

/** What could not be written would fail after the cookies are set, and a text would be a page on Express. */
function asJson(body: unknown): unknown {
  if (body === undefined || body === null) return body;
  if (typeof body !== 'object' || body instanceof Promise)
    throw new TypeError('it is neither an object nor a list');
  return JSON.parse(JSON.stringify(body)) as unknown;
}

const lacksStep = (result: unknown): result is PendingSignIn =>
  typeof result === 'object' && result !== null && isPending(result as PendingSignIn);

function shown(result: unknown): unknown {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return result;
  if ('passwordHash' in result || 'credentialsEpoch' in result)
    return factsOf(result as unknown as UserFacts);
  return 'user' in result ? { ...result, user: factsOf(result.user as UserFacts) } : result;
}

const factsOf = (user: UserFacts): UserFacts => ({
  ...hookUserOf(user),
  roles: user.roles,
  ...(user.fieldsOfHost && { fieldsOfHost: user.fieldsOfHost }),
});

/** Anything else could not be sent, or could be taken for a page: errors may repeat what was sent. */
const wordedProblem = z.object({
  status: z.int(),
  contentType: z.string().regex(/^application\/([\w.+-]+\+)?json(; ?charset=utf-8)?$/i),
  body: z
    .unknown()
    .transform(asJson)
    .pipe(z.custom<object>((body) => typeof body === 'object' && body !== null)),
});

/** An error stays one, with its code and its challenge, whatever the host makes of it. */
const worded =
  (base: Dialect, word: NonNullable<Wire['word']>): Dialect['word'] =>
  (problem, request) => {
    const ours = base.word(problem, request);
    // Browsers read it, and forget the key of a session at another status.
    if (request.operation !== undefined && request.operation in DEVICE_OPERATIONS) return ours;
    try {
      const { status, contentType, body } = wordedProblem.parse(word(problem, request));
      const isOfItsKind = Math.floor(status / 100) === Math.floor(problem.status / 100);
      const hasCode = Object.values(body).includes(problem.code);
      return {
        status: isOfItsKind ? status : problem.status,
        contentType,
        body: hasCode ? body : { ...body, code: problem.code },
        challenge: ours.challenge,
      };
    } catch (error) {
      failed('word', error);
      return ours;
    }
  };

const logger = new Logger('Tokenjar');
function failed(what: string, cause: unknown): TokenjarError {
  logger.error(`The wire of the host failed in ${what}: ${String(cause)}`);
  return new TokenjarError('hook_failed', { cause });
}
