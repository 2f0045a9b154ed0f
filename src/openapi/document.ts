import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { Options } from '../config/options.js';
import { mountOf } from '../config/public-url.js';
import type { ErrorCode } from '../errors.js';
import { DIALECT, type Dialect } from '../http/dialects/dialect.js';
import { OPERATION } from '../http/operation.js';
import type { Operation } from '../http/operations.js';
import { IS_PUBLIC } from '../http/principal.js';
import { refusalsOf } from '../http/refuses.js';
import { introductionTo } from './introduction.js';
import { requestBodyOf } from './requests.js';
import {
  type AnyForm,
  JSON_TYPE,
  refusals,
  type ResponseObject,
  type Responses,
  sharedRefs,
  sharedResponses,
  type SharedName,
  successes,
  type Wardrobe,
} from './responses.js';
import { plainHeaders, sharedHeaders } from './headers.js';
import { plainSampleOf } from './samples.js';
import { type JsonSchema, Schemas, tidy } from './schemas.js';
import { securityOf, securitySchemes } from './security.js';
import { VERSION } from '../version.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
type Method = (typeof METHODS)[number];

/** An operation as Nest describes it, to be filled in. */
interface Described {
  operationId: string;
  parameters?: object[];
  requestBody?: object;
  responses: Responses;
  security?: object[];
}

/** What stands behind an operation in the code. */
interface Handler {
  controller: object;
  handler: object;
}

/** The OpenAPI document of the server as it is set up: Nest knows the routes, the dialect what they take and give. */
export function describeServer(app: NestFastifyApplication, options: Options): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, baseOf(options));
  const wardrobe = { dialect: app.get<Dialect>(DIALECT), options, schemas: new Schemas() };
  const handlers = handlersOf(app);
  for (const path of Object.values(document.paths))
    for (const method of METHODS) {
      const described = path[method] as Described | undefined;
      const handler = described && handlers.get(described.operationId);
      if (described && handler && !dress(described, method, handler, wardrobe)) delete path[method];
    }
  const { schemas = {} } = document.components ?? {};
  const responses = sharedResponses(wardrobe);
  const said = JSON.stringify([document.paths, responses]);
  document.components = {
    securitySchemes: securitySchemes(options),
    schemas: { ...tidied(schemas as Record<string, JsonSchema>), ...wardrobe.schemas.named },
    responses,
    headers: sharedHeaders((name) => said.includes(`#/components/headers/${name}"`)),
  } as OpenAPIObject['components'];
  return document;
}

const baseOf = (options: Options) =>
  new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tokenjar')
    .setVersion(VERSION)
    .setDescription(introductionTo(options))
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer(mountOf(options) || '/')
    .addTag('session', 'Sign in, sign out, see and end sessions')
    .addTag('token', 'Obtain, refresh, verify and blacklist tokens')
    .addTag('account', 'Registration, your account, your password')
    .addTag('keys', 'Public keys for other services')
    .addTag('health', 'For whoever keeps the server running')
    .build();

const tidied = (schemas: Record<string, JsonSchema>) =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, tidy(schema)]));

/** The handlers of all controllers by the id of their operation. */
function handlersOf(app: NestFastifyApplication): Map<string, Handler> {
  const handlers = new Map<string, Handler>();
  for (const module of app.get(ModulesContainer).values())
    for (const { metatype } of module.controllers.values()) {
      const prototype = (metatype as { prototype?: object } | null)?.prototype ?? {};
      for (const { value } of Object.values<{ value?: unknown }>(
        Object.getOwnPropertyDescriptors(prototype),
      )) {
        if (typeof value !== 'function') continue;
        const documented = Reflect.getMetadata('swagger/apiOperation', value) as Described | undefined;
        if (documented)
          handlers.set(documented.operationId, { controller: metatype as object, handler: value });
      }
    }
  return handlers;
}

/** Fills in what an operation takes, gives and refuses. @returns false where the dialect does not have it. */
function dress(described: Described, method: Method, at: Handler, wardrobe: Wardrobe): boolean {
  const operation = Reflect.getMetadata(OPERATION, at.handler) as Operation | undefined;
  const form = operation && (wardrobe.dialect.operations[operation] as AnyForm | undefined);
  if (operation && !form) return false;
  const { options } = wardrobe;
  const isGuarded = ![at.handler, at.controller].some(
    (each) => Reflect.getMetadata(IS_PUBLIC, each) === true,
  );
  described.security = securityOf(operation, isGuarded, options);
  if (described.parameters?.length === 0) delete described.parameters;
  const body = operation && form && requestBodyOf(operation, form, wardrobe);
  if (body) described.requestBody = body;

  const codes = [...refusalsOf(at), ...earlyRefusals(method, described)];
  const possible = [...new Set(codes)].filter((code) =>
    isPossible(code, operation, described.requestBody && form, options),
  );
  described.responses = joined(
    operation && form ? successes(operation, form, wardrobe) : plainSuccess(described, options),
    refusals(possible, operation, wardrobe),
    sharedRefs(sharedBy(method, described)),
  );
  return true;
}

/** The success of an operation that is the same in every dialect, as Nest describes it, with an example. */
function plainSuccess({ operationId, responses }: Described, options: Options): Responses {
  const { 200: success } = responses as Record<200, ResponseObject>;
  const media = success.content?.[JSON_TYPE];
  const value = plainSampleOf(operationId, options);
  if (media && value) media.examples = { success: { value } };
  return { 200: { ...success, headers: plainHeaders(operationId) } };
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

/** What is refused before a handler is reached. */
const earlyRefusals = (method: Method, { parameters }: Described): ErrorCode[] => [
  // Also where no body is read: one that is sent has to be well-formed.
  ...(method === 'get' ? [] : (['body_malformed'] as const)),
  ...(parameters ? (['url_malformed'] as const) : []),
];

const sharedBy = (method: Method, { parameters }: Described): SharedName[] => [
  ...(method === 'get' ? [] : (['BodyTooLarge'] as const)),
  ...(parameters ? (['UrlTooLong'] as const) : []),
  'MediaTypeUnsupported',
  'HeadersTooLarge',
  'InternalError',
];

/** Whether a refusal that a handler knows can come up as the server is set up. @param form where a body is read. */
function isPossible(
  code: ErrorCode,
  operation: Operation | undefined,
  form: AnyForm | undefined,
  options: Options,
): boolean {
  switch (code) {
    case 'input_invalid':
      return [{}, []].some((body) => form?.takes?.safeParse(body).success === false);
    case 'origin_refused':
      return options.refreshTokenIn !== 'body';
    case 'session_limit_reached':
      return options.sessionLimit > 0 && options.sessionLimitPolicy === 'refuse';
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
      return asksTwice(form);
    case 'refresh_pending':
    case 'token_reused':
      return options.rotateRefreshTokens;
    case 'cookie_ambiguous':
      return operation === 'blacklistToken' || options.refreshTokenIn !== 'body';
    default:
      return true;
  }
}

function asksTwice(form: AnyForm | undefined): boolean {
  const { examples = [] } = (form?.takes?.meta() ?? {}) as { examples?: unknown[] };
  const read = form?.takes?.safeParse(examples[0]).data;
  return typeof read === 'object' && 'confirmation' in read;
}
