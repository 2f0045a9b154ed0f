import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Options } from './config/options.js';
import { TokenjarError } from './errors.js';
import type { HttpRequest } from './http/caller.js';
import { admitEmptyBodies } from './http/empty-body.js';

/** Nothing we take is near. **Unit** bytes. */
const BODY_LIMIT = 64 * 1024;
/** How long the head and the body of a request may take to arrive. **Unit** milliseconds. */
const ARRIVAL_LIMIT = 30_000;

/** Words failures that come before Nest does. */
export interface Refusals {
  answer(thrown: unknown, request: HttpRequest, response: unknown): void;
  word(thrown: unknown): { status: number; contentType: string; body: string };
}

/**
 * Fastify, with our words and headers also where its router or Node's parser refuse by themselves, before any hook.
 */
export class Adapter extends FastifyAdapter {
  private secure: Parameters<FastifyAdapter['registerSecurityHook']>[0] | undefined;

  /** @param refusals given late, because they are made by the app that this adapter is for. */
  constructor({ trustedProxies }: Options, refusals: () => Refusals) {
    const frameworkErrors: FastifyServerOptions['frameworkErrors'] = (error, request, reply) => {
      this.secure?.(request, reply.raw);
      refusals().answer(error, request, reply);
    };
    super({
      frameworkErrors,
      clientErrorHandler: (error, socket) => refuseRaw(refusals(), error, socket),
      bodyLimit: BODY_LIMIT,
      trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
      // Nothing here is middleware of Express's kind, and to ask for it takes a hook for every request.
      skipMiddie: true,
      routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
      requestTimeout: ARRIVAL_LIMIT,
      // One that a proxy gave names the request in its log too.
      requestIdHeader: trustedProxies.length > 0 ? 'x-request-id' : false,
      genReqId: () => randomUUID(),
    });
  }

  /** Nest writes a cookie on Node's response too, for replies that are taken out of Fastify's hands. None is here. */
  override appendHeader(response: FastifyReply, name: string, value: string): FastifyReply {
    if (name !== 'Set-Cookie') return super.appendHeader(response, name, value) as FastifyReply;
    return response.header(name, value);
  }

  override registerSecurityHook(hook: NonNullable<typeof this.secure>): void {
    this.secure = hook;
    super.registerSecurityHook(hook);
  }
}

/** What Node's parser gave up on has no request, only a socket. */
function refuseRaw(refusals: Refusals, error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const code =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'headers_too_large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request_timeout'
        : 'request_malformed';
  const { status, contentType, body } = refusals.word(new TokenjarError(code));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** JSON and forms in UTF-8, not compressed; no content counts as no body. Multipart where Django has it. */
export function readBodies(app: NestFastifyApplication, { dialect }: Options): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('text/plain');
  admitEmptyBodies(fastify);
  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    const encoding = request.headers['content-encoding'];
    done(encoding && encoding !== 'identity' ? new TokenjarError('media_type_unsupported') : null);
  });
  app.useBodyParser('application/json', { bodyLimit: BODY_LIMIT }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const text = decode(body);
    if (text === undefined) done(new TokenjarError('body_malformed'));
    else void parseJson(request as FastifyRequest, text, done);
  });
  if (dialect.startsWith('django'))
    app.useBodyParser(
      'multipart/form-data',
      { bodyLimit: BODY_LIMIT },
      (request: FastifyRequest, body: Buffer) => readMultipart(body, request.headers['content-type'] ?? ''),
    );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes that are no UTF-8 are not guessed at: two passwords would become the same one. */
function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

/** The text fields of a form with files; Node reads them. */
async function readMultipart(body: Buffer, contentType: string): Promise<Record<string, string>> {
  try {
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData();
    return Object.fromEntries(
      [...form].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch (cause) {
    throw new TokenjarError('body_malformed', { cause });
  }
}
