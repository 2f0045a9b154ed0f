import type { Options } from '../config/options.js';
import { type ErrorCode, ERRORS, type FieldErrors } from '../errors.js';
import {
  type Dialect,
  JSON_TYPE,
  type OperationForm,
  takenBy,
  type WordedProblem,
} from '../http/dialects/dialect.js';
import { type OperationName, rowOf } from '../http/operations.js';
import { successHeaders, type Headers, refusalHeaders } from './headers.js';
import { PENDING_SAMPLE, samplesOf } from './samples.js';
import type { JsonSchema, Schemas } from './schemas.js';

export type Examples = Record<string, { summary?: string; value: unknown }>;

export interface ResponseObject {
  description: string;
  headers?: Headers;
  content?: Record<string, { schema: JsonSchema; examples: Examples }>;
}

export type Responses = Record<string, ResponseObject | { $ref: string }>;

/** What the document is made from. */
export interface DocumentContext {
  dialect: Dialect;
  options: Options;
  schemas: Schemas;
  /** Whether a sign-in may lack a step. */
  hasSecondSteps: boolean;
}

/** The operation that refuses, and the HTTP method used. */
interface RequestedOperation {
  name: OperationName;
  method: string;
}

export type AnyForm = OperationForm<OperationName>;

/** Success by status, each with a body as the dialect would word it. */
export function successes(
  operation: OperationName,
  form: AnyForm,
  { options, schemas, hasSecondSteps }: DocumentContext,
): Responses {
  const responses: Responses = {};
  const samples = samplesOf(operation, options);
  // No step is asked for where a registration opens no session.
  const canLackStep = form.showsPending && hasSecondSteps && samples[0] !== undefined;
  for (const result of canLackStep ? [...samples, PENDING_SAMPLE] : samples) {
    const status = form.statusOf?.(result) ?? form.status;
    const response = (responses[status] ??= {
      description: describe(status, form),
      headers: successHeaders(rowOf(operation), result, options, form.showsPending === true),
    }) as ResponseObject;
    const shape = form.shapeFor?.(options) ?? form.shape;
    if (!shape || status === 204) continue;
    const value = form.gives?.(result, options);
    const content = (response.content ??= {
      [JSON_TYPE]: { schema: schemas.refer(shape, 'output'), examples: {} },
    });
    const { refused, needs } = (result ?? {}) as { refused?: string; needs?: string };
    const name = refused ?? needs ?? 'success';
    Object.assign(content[JSON_TYPE]?.examples ?? {}, { [name]: { value } });
    for (const [type, example] of Object.entries(form.alternatives ?? {}))
      content[type] = { schema: { type: 'string' }, examples: { success: { value: example } } };
  }
  return responses;
}

function describe(status: number, form: AnyForm): string {
  if (status >= 400) return 'The operation succeeded, but the refresh token was not valid.';
  return status === 204 && form.status !== 204
    ? 'No refresh token was sent, so nobody is signed in, and the body contained `optional=true` (otherwise this is a 401).'
    : form.description;
}

/** The failures of an operation by status, each code with the very body it comes in. */
export function refusals(
  codes: readonly ErrorCode[],
  operation: RequestedOperation | undefined,
  context: DocumentContext,
): Responses {
  const byStatus = new Map<number, [ErrorCode, WordedProblem][]>();
  for (const code of codes) {
    const worded = wordedFor(code, operation, context);
    byStatus.set(worded.status, [...(byStatus.get(worded.status) ?? []), [code, worded]]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, rows]) => [status, refusal(rows, operation, context)]),
  );
}

function refusal(
  rows: readonly [ErrorCode, WordedProblem][],
  operation: RequestedOperation | undefined,
  { dialect, options, schemas }: DocumentContext,
): ResponseObject {
  const examples = rows.map(([code, { body }]) => [code, { summary: ERRORS[code].detail, value: body }]);
  return {
    description: rows.map(([code]) => `- \`${code}\`: ${escaped(ERRORS[code].detail)}`).join('\n'),
    headers: refusalHeaders(rows, operation && rowOf(operation.name), options),
    content: {
      [rows[0]?.[1].contentType ?? JSON_TYPE]: {
        schema: schemas.refer(dialect.problemShape, 'output'),
        examples: Object.fromEntries(examples) as Examples,
      },
    },
  };
}

/** A placeholder in a sentence is no tag. */
const escaped = (sentence: string): string => sentence.replaceAll('<', '\\<');

const wordedFor = (
  code: ErrorCode,
  operation: RequestedOperation | undefined,
  { dialect, options }: DocumentContext,
) =>
  dialect.word(
    {
      code,
      status: (operation && rowOf(operation.name).statuses[code]) ?? ERRORS[code].status,
      detail: ERRORS[code].detail,
      codes: [code],
      errors: errorsOf(code, operation, dialect, options),
      stepUp:
        code === 'insufficient_user_authentication'
          ? { maxAge: options.freshSignIn, level: 'aal2' }
          : undefined,
    },
    {
      operation: operation?.name,
      method: operation?.method ?? 'GET',
      contentType: 'text/plain',
      parserMessage: 'Unexpected end of JSON input',
      options,
    },
  );

/** What is said of an empty body, or, where that is fine, of one that is no object; and of a new password. */
function errorsOf(
  code: ErrorCode,
  operation: RequestedOperation | undefined,
  dialect: Dialect,
  options: Options,
): FieldErrors | undefined {
  if (code.startsWith('password_'))
    return {
      [dialect.fieldName(isAsked(operation, 'newPassword', dialect, options) ? 'newPassword' : 'password')]: [
        ERRORS[code].detail,
      ],
    };
  if (code !== 'input_invalid') return undefined;
  const takes = operation && takenBy(dialect.operations[operation.name] as AnyForm | undefined, options);
  const result = [{}, []].map((body) => takes?.safeParse(body)).find((each) => each?.success === false);
  const errors: FieldErrors = {};
  for (const { path, message } of result?.error?.issues ?? [])
    (errors[String(path[0] ?? 'body')] ??= []).push(message);
  return errors;
}

const isAsked = (
  operation: RequestedOperation | undefined,
  field: string,
  dialect: Dialect,
  options: Options,
): boolean =>
  operation !== undefined &&
  inputOf(dialect.operations[operation.name] as AnyForm | undefined, options).includes(field);

/** The neutral fields that an operation takes, as its example shows them. */
export function inputOf(form: AnyForm | undefined, options: Options): string[] {
  const takes = takenBy(form, options);
  const { examples = [] } = (takes?.meta() ?? {}) as { examples?: unknown[] };
  return Object.keys(takes?.safeParse(examples[0]).data ?? {});
}

/** Failures that any request may meet, wherever it goes. They stand among the components, once. */
const SHARED = {
  BodyTooLarge: 'body_too_large',
  UrlTooLong: 'url_too_long',
  MediaTypeUnsupported: 'media_type_unsupported',
  HeadersTooLarge: 'headers_too_large',
  InternalError: 'internal_error',
} as const satisfies Record<string, ErrorCode>;

export type SharedName = keyof typeof SHARED;

export const sharedResponses = (context: DocumentContext): Record<string, ResponseObject> =>
  Object.fromEntries(
    Object.entries(SHARED).map(([name, code]) => [
      name,
      refusal([[code, wordedFor(code, undefined, context)]], undefined, context),
    ]),
  );

export const sharedRefs = (names: readonly SharedName[]): Responses =>
  Object.fromEntries(
    names.map((name) => [ERRORS[SHARED[name]].status, { $ref: `#/components/responses/${name}` }]),
  );
