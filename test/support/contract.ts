import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { OPTIONS, type Options } from '../../src/config/options.js';
import { describeServer } from '../../src/openapi/document.js';
import type { TestApp } from './app.js';

/** A raw response. */
export interface ObservedAnswer {
  method: string;
  /** With or without a query and a trailing slash. */
  path: string;
  status: number;
  headers: Headers;
  text: string;
}

interface DocumentedHeader {
  required?: boolean;
  schema: { const?: string };
}

export interface DocumentedResponse {
  description: string;
  headers?: Record<string, DocumentedHeader | { $ref: string }>;
  content?: Record<string, { schema: object; examples: Record<string, { value: unknown }> }>;
}

export interface DocumentedOperation {
  operationId: string;
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string }[];
  requestBody?: { required: boolean; content: Required<DocumentedResponse>['content'] };
  responses: Record<string, DocumentedResponse | { $ref: string }>;
}

export interface OpenApiDocument {
  openapi: string;
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: {
    responses: Record<string, DocumentedResponse>;
    headers: Record<string, DocumentedHeader>;
    schemas: Record<string, object>;
    securitySchemes: Record<string, { type: string; description: string }>;
  };
}

/** The promises of the server's OpenAPI document. */
export interface Contract {
  document: OpenApiDocument;
  /** All operations. */
  operations: { method: string; path: string; operation: DocumentedOperation }[];
  /** The documented response of an operation for a status. */
  responseOf(operation: DocumentedOperation, status: number): DocumentedResponse | undefined;
  /** @throws an error that describes how the response differs from the document. */
  check(answer: ObservedAnswer): void;
}

/** Errors of the server itself: for unknown paths, and before an operation is reached. */
const NOBODYS: ReadonlySet<number> = new Set([400, 404, 405, 408, 413, 414, 415, 431]);
const BEFORE_ALL: ReadonlySet<number> = new Set([408, 431]);

/** The contract of a running server, for checking its responses. */
export function contractOf({ app }: Pick<TestApp, 'app'>): Promise<Contract> {
  const options = app.get<Options>(OPTIONS);
  const document = JSON.parse(JSON.stringify(describeServer(app, options))) as OpenApiDocument;
  return Promise.resolve(new DocumentContract(document, options.docsPath));
}

class DocumentContract implements Contract {
  readonly operations: Contract['operations'];
  private readonly shapes = new Map<string, ValidateFunction>();
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });

  constructor(
    readonly document: OpenApiDocument,
    private readonly docsPath: string,
  ) {
    formats.default(this.ajv);
    this.ajv.addSchema(closed(document) as object, 'document');
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
  }

  check(answer: ObservedAnswer): void {
    const [path = ''] = answer.path.split('?');
    if (this.isDocs(path)) return;
    const all = this.operations.filter((each) => matches(each.path, path));
    // The most exact ones: a path of its own is not that of a parameter where both have the method.
    const fewest = Math.min(...all.map((each) => each.path.split('{').length));
    const known = all.filter((each) => each.path.split('{').length === fewest);
    // A server answers HEAD like GET, without a body.
    const isHead = answer.method === 'HEAD';
    const isAsked = ({ method }: { method: string }) => method === (isHead ? 'GET' : answer.method);
    // A method that the exact path lacks may be served by the pattern, to which the path is a parameter.
    const isLacking = [401, 405].includes(answer.status);
    const found = known.find(isAsked) ?? (isLacking ? undefined : all.find(isAsked));
    const fail = (what: string): never => {
      const name = found ? ` (${found.operation.operationId})` : '';
      throw new Error(
        `${answer.method} ${answer.path}${name} answered ${answer.status}: ${what}\n${answer.text.slice(0, 500)}`,
      );
    };

    if (found && !BEFORE_ALL.has(answer.status)) {
      const response = this.responseOf(found.operation, answer.status);
      if (!response)
        return fail(`documented are ${Object.keys(found.operation.responses).join(', ')} and not this`);
      return this.compare(response, answer, isHead, fail);
    }
    if (answer.method === 'OPTIONS' && answer.status === 204) return;
    // Django authenticates before it checks the method.
    const asksFirst = known.some(({ operation: { responses } }) => '401' in responses);
    if (!found && !NOBODYS.has(answer.status) && !(asksFirst && answer.status === 401))
      fail('nothing is documented at this address');
    // The name of a provider is a part of some: of no provider, there is nothing.
    if (known.some((each) => !/^\/[^/]+\/\{provider\}/.test(each.path)) && answer.status === 404)
      fail('there is something at this address');
    if (answer.status === 405 && !answer.headers.has('allow')) fail('the header Allow is missing');
    const { content } = this.problem();
    this.compare({ description: '', ...(content && { content }) }, answer, isHead, fail);
  }

  responseOf(operation: DocumentedOperation, status: number): DocumentedResponse | undefined {
    return resolved(operation.responses[String(status)], this.document.components.responses);
  }

  private compare(
    { headers = {}, content }: DocumentedResponse,
    answer: ObservedAnswer,
    isHead: boolean,
    fail: (what: string) => never,
  ): void {
    for (const [name, either] of Object.entries(headers)) {
      const header = resolved(either, this.document.components.headers);
      const value = answer.headers.get(name);
      if (header?.required && value === null) fail(`the header ${name} is missing`);
      if (header?.schema.const !== undefined && value !== header.schema.const)
        fail(`the header ${name} is ${value}, documented is ${header.schema.const}`);
    }
    if (!content) return answer.text === '' ? undefined : fail('no body is documented');
    const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
    const media = content[type];
    if (!media) return fail(`its type is ${type}, documented are ${Object.keys(content).join(', ')}`);
    if (isHead) return;
    const isShape = this.shapeOf(media.schema);
    if (!isShape(parsed(answer.text, fail))) fail(this.ajv.errorsText(isShape.errors, { dataVar: 'body' }));
  }

  private shapeOf(schema: object): ValidateFunction {
    const key = JSON.stringify(schema);
    const known = this.shapes.get(key);
    if (known) return known;
    const shape = this.ajv.compile(
      JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/', '"document#/')),
    );
    this.shapes.set(key, shape);
    return shape;
  }

  /** The format of every error, taken from one that any request may get. */
  private problem(): DocumentedResponse {
    const { HeadersTooLarge } = this.document.components.responses;
    if (!HeadersTooLarge) throw new Error('the document has no response HeadersTooLarge');
    return HeadersTooLarge;
  }

  private isDocs(path: string): boolean {
    return /^\/openapi\.(json|yaml)$/.test(path) || `${path}/`.startsWith(`/${this.docsPath}/`);
  }
}

/** Bodies must not contain undocumented fields: a strictness of the tests, not a promise to clients. */
const closed = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema), (_key, value: unknown) =>
    isObjectSchema(value) && !('additionalProperties' in value)
      ? { ...value, additionalProperties: false }
      : value,
  );

const isObjectSchema = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'properties' in value && 'type' in value;

const resolved = <T extends object>(either: T | { $ref: string } | undefined, named: Record<string, T>) =>
  either && '$ref' in either ? named[either.$ref.split('/').at(-1) ?? ''] : either;

function parsed(text: string, fail: (what: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail('its body is no JSON');
  }
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/').filter(Boolean);
  const given = path.split('/').filter(Boolean);
  return (
    wanted.length === given.length && wanted.every((part, i) => part.startsWith('{') || part === given[i])
  );
}
