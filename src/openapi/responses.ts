import type { Options } from '../config/options.js';
import { type ErrorCode, ERRORS, type FieldErrors } from '../errors.js';
import type { Dialect, OperationForm, WordedProblem } from '../http/dialects/dialect.js';
import type { Operation } from '../http/operations.js';
import { successHeaders, type Headers, refusalHeaders } from './headers.js';
import { samplesOf } from './samples.js';
import type { JsonSchema, Schemas } from './schemas.js';

export const JSON_TYPE = 'application/json';

export type Examples = Record<string, { summary?: string; value: unknown }>;

export interface ResponseObject {
  description: string;
  headers?: Headers;
  content?: Record<string, { schema: JsonSchema; examples: Examples }>;
}

export type Responses = Record<string, ResponseObject | { $ref: string }>;

/** What a response is described from. */
export interface Wardrobe {
  dialect: Dialect;
  options: Options;
  schemas: Schemas;
}

export type AnyForm = OperationForm<Operation>;

/** Success by status, each with a body as the dialect would word it. */
export function successes(operation: Operation, form: AnyForm, { options, schemas }: Wardrobe): Responses {
  const responses: Responses = {};
  for (const result of samplesOf(options)[operation]) {
    const status = form.statusOf?.(result) ?? form.status;
    const response = (responses[status] ??= {
      description: describe(status, form),
      headers: successHeaders(operation, options),
    }) as ResponseObject;
    const shape = form.shapeFor?.(options) ?? form.shape;
    if (!shape || status === 204) continue;
    const value = form.gives?.(result, options);
    const content = (response.content ??= {
      [JSON_TYPE]: { schema: schemas.refer(shape, 'output'), examples: {} },
    });
    const name = (result as { refused?: string } | undefined)?.refused ?? 'success';
    Object.assign(content[JSON_TYPE]?.examples ?? {}, { [name]: { value } });
  }
  return responses;
}

function describe(status: number, form: AnyForm): string {
  if (status >= 400) return 'Done as well, but the refresh token was not a good one.';
  return status === 204 && form.status !== 204
    ? 'No refresh token was sent, so nobody is signed in; the body said `optional=true` (else this is a 401).'
    : form.description;
}

/** The failures of an operation by status, each code with the very body it comes in. */
export function refusals(
  codes: readonly ErrorCode[],
  operation: Operation | undefined,
  wardrobe: Wardrobe,
): Responses {
  const byStatus = new Map<number, [ErrorCode, WordedProblem][]>();
  for (const code of codes) {
    const worded = wordedFor(code, operation, wardrobe);
    byStatus.set(worded.status, [...(byStatus.get(worded.status) ?? []), [code, worded]]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, rows]) => [status, refusal(rows, operation, wardrobe)]),
  );
}

function refusal(
  rows: readonly [ErrorCode, WordedProblem][],
  operation: Operation | undefined,
  { dialect, options, schemas }: Wardrobe,
): ResponseObject {
  const examples = rows.map(([code, { body }]) => [code, { summary: ERRORS[code].detail, value: body }]);
  return {
    description: rows.map(([code]) => `- \`${code}\`: ${escaped(ERRORS[code].detail)}`).join('\n'),
    headers: refusalHeaders(rows, operation, options),
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

const wordedFor = (code: ErrorCode, operation: Operation | undefined, { dialect, options }: Wardrobe) =>
  dialect.word(
    {
      code,
      status: ERRORS[code].status,
      detail: ERRORS[code].detail,
      codes: [code],
      errors: errorsOf(code, operation, dialect),
    },
    {
      operation,
      method: 'GET',
      contentType: 'text/plain',
      parserMessage: 'Unexpected end of JSON input',
      options,
    },
  );

/** What is said of an empty body, or, where that is fine, of one that is no object; and of a new password. */
function errorsOf(
  code: ErrorCode,
  operation: Operation | undefined,
  dialect: Dialect,
): FieldErrors | undefined {
  if (code.startsWith('password_'))
    return {
      [/^(change|confirm)Password/.test(operation ?? '') ? 'new_password' : 'password']: [
        ERRORS[code].detail,
      ],
    };
  if (code !== 'input_invalid') return undefined;
  const takes = operation && dialect.operations[operation]?.takes;
  const result = [{}, []].map((body) => takes?.safeParse(body)).find((each) => each?.success === false);
  const errors: FieldErrors = {};
  for (const { path, message } of result?.error?.issues ?? [])
    (errors[String(path[0] ?? 'body')] ??= []).push(message);
  return errors;
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

export const sharedResponses = (wardrobe: Wardrobe): Record<string, ResponseObject> =>
  Object.fromEntries(
    Object.entries(SHARED).map(([name, code]) => [
      name,
      refusal([[code, wordedFor(code, undefined, wardrobe)]], undefined, wardrobe),
    ]),
  );

export const sharedRefs = (names: readonly SharedName[]): Responses =>
  Object.fromEntries(
    names.map((name) => [ERRORS[SHARED[name]].status, { $ref: `#/components/responses/${name}` }]),
  );
