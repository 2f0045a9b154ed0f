import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import type { Options } from './config/options.js';
import { type ErrorCode, ERRORS } from './errors.js';
import { DIALECT, type Dialect, type OperationForm } from './http/dialects/dialect.js';
import { handlerOf } from './http/operation.js';
import type { Operation } from './http/operations.js';
import { refusalsOf } from './http/refuses.js';
import { VERSION } from './version.js';

type Operations = OpenAPIObject['paths'][string];
type OperationObject = NonNullable<Operations['get']>;
type ResponseObject = Exclude<OperationObject['responses'][string], undefined | { $ref: string }>;
type Schema = Record<string, unknown>;

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
/** Operations that set the refresh cookie or clear it. */
const SETS_COOKIE: ReadonlySet<string> = new Set([
  'login',
  'logout',
  'obtainToken',
  'refreshToken',
  'blacklistToken',
  'register',
  'signUp',
  'changePassword',
  'deleteUser',
]);

/** The OpenAPI document of the server as it is set up: Nest knows the routes, the dialect what they take and give. */
export function describeServer(app: NestFastifyApplication, options: Options): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, baseOf(options));
  const dialect = app.get<Dialect>(DIALECT);
  const components = new Components();
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const described = path[method];
      const operation = described?.operationId as Operation | undefined;
      if (!described || !operation || !handlerOf(operation)) continue;
      const form = dialect.operations[operation] as OperationForm<Operation> | undefined;
      if (form) dress(described, operation, form, { dialect, options, components });
      else delete path[method];
    }
  }
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...components.schemas },
  };
  return document;
}

function baseOf({ cookieName, algorithm }: Options) {
  return (
    new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle('Tokenjar')
      .setVersion(VERSION)
      .setDescription(
        'Sign-in for browser apps. The access token comes in the body and belongs in a private variable; the refresh token travels only in an HttpOnly cookie, which your browser keeps and sends by itself.',
      )
      .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
      .addServer('/')
      // Swagger UI offers the first scheme first.
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: `JWT, ${algorithm}` }, 'access')
      .addCookieAuth(
        cookieName,
        { type: 'apiKey', in: 'cookie', description: 'Set by a login; scripts cannot read it.' },
        'refresh',
      )
      .addTag('session', 'Sign in, sign out, see and end sessions')
      .addTag('token', 'Obtain, refresh, verify and blacklist tokens')
      .addTag('account', 'Registration, your account, your password')
      .addTag('keys', 'Public keys for other services')
      .addTag('health', 'For whoever keeps the server running')
      .build()
  );
}

interface Wardrobe {
  dialect: Dialect;
  options: Options;
  components: Components;
}

/** Fills in what an operation takes, gives and refuses in the dialect that is served. */
function dress(
  described: OperationObject,
  operation: Operation,
  form: OperationForm<Operation>,
  wardrobe: Wardrobe,
): void {
  const { options, components } = wardrobe;
  if (form.takes && (operation !== 'refreshToken' || options.refreshTokenIn !== 'cookie')) {
    const schema = components.refer(form.takes, 'input');
    // JSON before form: Swagger UI offers the first.
    described.requestBody = {
      required: !isOptional(form.takes),
      content: { [JSON_TYPE]: { schema }, [FORM_TYPE]: { schema } },
    };
  }
  described.responses = {
    [form.status]: {
      description: form.description,
      ...(form.shape && { content: { [JSON_TYPE]: { schema: components.refer(form.shape, 'output') } } }),
      ...(SETS_COOKIE.has(operation) && {
        headers: {
          'Set-Cookie': {
            description: 'The refresh token, HttpOnly; or its removal.',
            schema: { type: 'string' },
          },
        },
      }),
    },
    ...refusals(operation, wardrobe),
  };
}

const isOptional = (form: z.ZodType): boolean => form.safeParse({}).success;

/** The failures of an operation by status, each code with the very body it comes in. */
function refusals(
  operation: Operation,
  { dialect, options, components }: Wardrobe,
): OperationObject['responses'] {
  const schema = components.refer(dialect.problemShape, 'output');
  const byStatus: Record<
    number,
    { contentType: string; codes: ErrorCode[]; examples: Record<string, { value: object }> }
  > = {};
  for (const code of refusalsOf(handlerOf(operation))) {
    const { status, detail } = ERRORS[code];
    const worded = dialect.word(
      {
        code,
        status,
        detail,
        codes: [code],
        ...(code === 'input_invalid' && { errors: { email: ['This field is required.'] } }),
      },
      {
        operation,
        method: 'POST',
        contentType: 'text/plain',
        parserMessage: 'Unexpected end of input',
        options,
      },
    );
    const row = (byStatus[worded.status] ??= { contentType: worded.contentType, codes: [], examples: {} });
    row.codes.push(code);
    row.examples[code] = { value: worded.body };
  }
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, { contentType, codes, examples }]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${ERRORS[code].detail}`).join('  \n'),
        content: { [contentType]: { schema, examples } },
        ...headersOf(Number(status)),
      },
    ]),
  );
}

function headersOf(status: number): Pick<ResponseObject, 'headers'> {
  if (status === 401) return { headers: { 'WWW-Authenticate': { schema: { type: 'string' as const } } } };
  if (status === 503)
    return { headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' as const } } } };
  return {};
}

/** The named schemas of the document. */
class Components {
  readonly schemas: Record<string, Schema> = {};

  /** Turns a zod schema into a reference, or into itself where it has no name. */
  refer(schema: z.ZodType, io: 'input' | 'output'): Schema {
    const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Schema & {
      $defs?: Record<string, Schema>;
    };
    const { $defs = {}, ...top } = json;
    delete top.$schema;
    for (const [name, definition] of Object.entries($defs)) this.schemas[name] = hoist(definition);
    return hoist(top);
  }
}

/** Points references at the document's components, and drops the bounds that every JavaScript integer has. */
const hoist = (schema: Schema): Schema =>
  JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) ||
      (key === 'maximum' && value === Number.MAX_SAFE_INTEGER)
        ? undefined
        : value,
    ).replaceAll('#/$defs/', '#/components/schemas/'),
  ) as Schema;
