import type { INestApplicationContext } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { environmentName } from '../config/check.js';
import type { Options } from '../config/options.js';
import { mountOf } from '../config/public-url.js';
import type { ErrorCode } from '../errors.js';
import { SecondSteps } from '../auth/second-steps.js';
import { PROFILE, type ProfileSchema } from '../hooks/profile.js';
import { DIALECT, type Dialect, has, JSON_TYPE, takenBy } from '../http/dialects/dialect.js';
import { wordsOf } from '../http/dialects/dialects.js';
import type { OperationRow } from '../http/operation-row.js';
import { FIXED_OPERATIONS, type FixedName, type OperationName, ROUTES, rowOf } from '../http/operations.js';
import { VERSION } from '../version.js';
import { fixedHeaders, sharedHeaders } from './headers.js';
import { introductionTo } from './introduction.js';
import { parametersOf } from './parameters.js';
import { requestBodyOf } from './requests.js';
import {
  type AnyForm,
  type DocumentContext,
  inputOf,
  refusals,
  type ResponseObject,
  type Responses,
  sharedRefs,
  sharedResponses,
  successes,
} from './responses.js';
import { fixedSampleOf } from './samples.js';
import { USERNAME_CHANGED } from '../http/operation-errors.js';
import { type JsonSchema, Schemas, tidy } from './schemas.js';
import { securityOf, securitySchemes } from './security.js';
import { moveRoute } from './wire-paths.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** An operation as Nest describes it, to be filled in. */
interface Described {
  operationId: string;
  description?: string;
  parameters?: object[];
  requestBody?: object;
  responses: Responses;
  security?: object[];
}

/** The OpenAPI document of the server as it is set up: Nest knows the routes, the table what they are, the dialect what they take and give. */
export function describeServer(app: NestFastifyApplication, options: Options): OpenAPIObject {
  const dialect = app.get<Dialect>(DIALECT);
  const document = SwaggerModule.createDocument(app, baseOf(dialect, options), { autoTagControllers: false });
  return completed(document, app, options);
}

/** Fills in a document that has no other paths than ours. */
export function completed(
  document: OpenAPIObject,
  app: INestApplicationContext,
  options: Options,
): OpenAPIObject {
  const dialect = app.get<Dialect>(DIALECT, { strict: false });
  const profile = app.get<ProfileSchema | undefined>(PROFILE, { strict: false });
  const hasSecondSteps = !app.get(SecondSteps, { strict: false }).isEmpty;
  const context = { dialect, options, schemas: new Schemas(options, profile), hasSecondSteps };
  for (const path of Object.values(document.paths))
    for (const method of METHODS) {
      const described = path[method] as Described | undefined;
      if (described && !describeRoute(described, method, context)) delete path[method];
    }
  for (const { id, from } of dialect.paths ?? []) moveRoute(document, id, from);
  for (const [path, methods] of Object.entries(document.paths))
    if (Object.keys(methods).length === 0) delete document.paths[path];
  const { schemas = {} } = document.components ?? {};
  const responses = sharedResponses(context);
  const said = JSON.stringify([document.paths, responses]);
  document.components = {
    securitySchemes: securitySchemes(options),
    schemas: { ...tidied(schemas as Record<string, JsonSchema>), ...context.schemas.named },
    responses,
    headers: sharedHeaders((name) => said.includes(`#/components/headers/${name}"`)),
  } as OpenAPIObject['components'];
  return document;
}

const baseOf = (dialect: Dialect, options: Options) =>
  new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tokenjar')
    .setVersion(VERSION)
    .setDescription(introductionTo(dialect, options))
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer(mountOf(options) || '/')
    .addTag('session', 'Sign in, sign out, list and end sessions')
    .addTag('token', 'Obtain, refresh, verify and blacklist tokens')
    .addTag('account', 'Registration, your account, your password')
    .addTag('factor', 'Second factors')
    .addTag('api_key', 'API keys, and what other services ask')
    .addTag('admin', 'Administration: only with the role `admin` and a recent sign-in with two factors')
    .addTag('keys', 'Public keys for other services')
    .addTag('health', 'For operators and orchestrators')
    .build();

const tidied = (schemas: Record<string, JsonSchema>) =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, tidy(schema)]));

/** Completes what Nest says of a route. @returns false where the dialect does not have it. */
function describeRoute(described: Described, method: string, context: DocumentContext): boolean {
  const { operationId: id } = described;
  if (id in FIXED_OPERATIONS) describeFixed(described, id as FixedName, context);
  const found = ROUTES.find((each) => each.id === id);
  if (found && !has(context.dialect, found)) return false;
  // Without a second step nobody is told to call it, and no call could succeed.
  if (found && !context.hasSecondSteps && isAboutFactors(found.operation)) return false;
  const settings = found ? rowOf(found.operation).settings : [];
  if (settings.length > 0 && !settings.some((each) => isOn(context.options[each]))) return false;
  if (found) describeOperation(described, method, found.operation, context);
  return true;
}

const isOn = (value: boolean | readonly unknown[]): boolean =>
  typeof value === 'boolean' ? value : value.length > 0;

const isAboutFactors = (operation: OperationName): boolean =>
  ['verifySecondFactor', 'showPendingLogin'].includes(operation) || rowOf(operation).tag === 'factor';

/** What is the same in every dialect Nest describes; an example is added, and what is refused. */
function describeFixed(described: Described, name: FixedName, context: DocumentContext): void {
  const { 200: success } = described.responses as Record<200, ResponseObject>;
  const media = success.content?.[JSON_TYPE];
  if (media) media.examples = { success: { value: fixedSampleOf(name, context.options) } };
  delete described.parameters;
  described.security = [];
  described.responses = joined(
    { 200: { ...success, headers: fixedHeaders(name) } },
    refusals(FIXED_OPERATIONS[name].errors, undefined, context),
    sharedRefs(['MediaTypeUnsupported', 'HeadersTooLarge', 'InternalError']),
  );
}

const onlyWith = (settings: OperationRow['settings'], options: Options): string => {
  const written = settings.map(
    (each) => `\`${environmentName(each)}${typeof options[each] === 'boolean' ? '=on' : ''}\``,
  );
  return `Only with ${written.join(' or ')}.`;
};

function describeOperation(
  described: Described,
  method: string,
  name: OperationName,
  server: DocumentContext,
): void {
  const dialect = wordsOf(name, server.dialect);
  const context = { ...server, dialect };
  const { options } = context;
  const row = rowOf(name);
  const form = dialect.operations[name] as AnyForm;
  const parameters = parametersOf(row, options);
  described.parameters = parameters;
  if (parameters.length === 0) delete described.parameters;
  described.security = securityOf(row, options);
  if (row.settings.length > 0) described.description = onlyWith(row.settings, options);
  const body = requestBodyOf(row, form, context);
  if (body) described.requestBody = body;
  const codes = [...new Set(row.errors)].filter((code) => isPossible(code, name, body && form, context));
  described.responses = joined(
    successes(name, form, context),
    refusals(codes, { name, method: method.toUpperCase() }, context),
    sharedRefs([
      ...(method === 'get' ? [] : (['BodyTooLarge'] as const)),
      ...(row.route.includes(':') ? (['UrlTooLong'] as const) : []),
      'MediaTypeUnsupported',
      'HeadersTooLarge',
      'InternalError',
    ]),
  );
}

/** A status that both success and refusal have, as a sign-out without a good token in a dialect. */
function joined(...parts: Responses[]): Responses {
  const all: Responses = {};
  for (const part of parts)
    for (const [status, response] of Object.entries(part))
      if (!(status in all)) all[status] = response;
      else throw new TypeError(`two responses of status ${status}`);
  return all;
}

/** Whether a refusal that a handler knows can come up as the server is set up. @param form where a body is read. */
function isPossible(
  code: ErrorCode,
  operation: OperationName,
  form: AnyForm | undefined,
  { options, dialect, hasSecondSteps }: DocumentContext,
): boolean {
  if (operation === 'updateUser' && USERNAME_CHANGED.includes(code)) return options.signInWith !== 'email';
  switch (code) {
    case 'username_taken':
      return options.signInWith !== 'email';
    case 'input_invalid':
      return (
        rowOf(operation).isPaged ||
        rowOf(operation).query !== undefined ||
        [{}, []].some((body) => takenBy(form, options)?.safeParse(body).success === false)
      );
    case 'device_proof_required':
      return options.deviceBoundSessions && options.refreshTokenIn !== 'body';
    case 'origin_refused':
      return options.refreshTokenIn !== 'body';
    case 'session_limit_reached':
      return options.sessionLimit > 0 && options.sessionLimitPolicy === 'refuse';
    case 'second_factor_required':
    case 'second_factor_setup_required':
      // Where the secret to go on with is in the body, it is no failure.
      return hasSecondSteps && !dialect.isPendingLoginInBody;
    case 'second_factor_wrong':
      return hasSecondSteps;
    case 'insufficient_user_authentication':
      return rowOf(operation).access === 'admin' || rowOf(operation).fresh === 'always' || hasSecondSteps;
    case 'api_key_refused':
      return options.apiKeys;
    case 'registration_closed':
      return !options.registration;
    case 'email_not_verified':
      return options.emailVerification === 'mandatory';
    case 'email_taken':
      return options.emailVerification !== 'mandatory' || operation === 'confirmEmailChange';
    case 'password_numeric':
      return options.passwordRefuseNumeric;
    case 'password_too_common':
      return options.passwordRefuseCommon;
    case 'password_breached':
      return options.breachedPasswords !== undefined;
    case 'password_mismatch':
      return inputOf(form, options).includes('confirmation');
    case 'token_password_changed':
      return options.djangoCheckRevokeToken;
    case 'refresh_pending':
    case 'token_reused':
      return options.rotateRefreshTokens;
    case 'cookie_ambiguous':
      return operation === 'blacklistToken' || options.refreshTokenIn !== 'body';
    default:
      return true;
  }
}
