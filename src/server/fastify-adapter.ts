import { randomUUID } from 'node:crypto';
import { type IncomingMessage, METHODS } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Options } from '../config/options.js';
import { mountOf, withoutMount } from '../config/public-url.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { corsHeadersFor } from '../http/cors.js';
import { type Dialect, JSON_TYPE, MULTIPART_TYPE } from '../http/dialects/dialect.js';
import { admitEmptyBodies } from '../http/empty-body.js';
import { isPeerAmong, isTrustedAddress, protocolThrough } from '../http/forwarded.js';
import { protectionOver } from './protection.js';
import { type RawRefusals, refuseRaw } from './raw-refusal.js';
import { UnnamedProxies } from './unnamed-proxies.js';

/** No valid request comes close. **Unit** bytes. */
const BODY_LIMIT = 64 * 1024;
/** Of a parameter in a path, before it is decoded; what is longer than an ID or a name may be is not found. **Unit** characters. */
const LONGEST_PARAM = 4000;
/** The timeout for receiving the headers and the body of a request. **Unit** milliseconds. */
const ARRIVAL_LIMIT = 30_000;
/** What Node takes for it. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/** Formats errors that occur before Nest is involved. */
export interface Refusals extends RawRefusals {
  answer(thrown: unknown, request: HttpRequest, response: unknown): void;
}

interface UnroutedReports {
  request(request: FastifyRequest, reply: FastifyReply): void;
  /** Of what Node's parser refused, which is no request yet. */
  raw(status: number): void;
}

/** Fastify, with our error format and headers even if its router or Node's parser refuses a request before any hook. */
export class Adapter extends FastifyAdapter {
  /** Whether every response closes its connection, because the server takes no new ones. */
  isStopping = false;
  /** Is told of what reaches no hook. */
  reports: UnroutedReports | undefined;

  /** @param refusals set late, because it is created by the app that uses this adapter. */
  constructor(
    private readonly settings: Options,
    refusals: () => Refusals,
  ) {
    const { trustedProxies } = settings;
    const unnamed = new UnnamedProxies(trustedProxies);
    const mount = mountOf(settings);
    const refuse = (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      this.protect(request, reply);
      void reply.headers(corsHeadersFor(settings, request.headers.origin));
      refusals().answer(error, request, reply);
    };
    super({
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
        // Fastify runs no hooks then.
        reply.raw.once('finish', () => this.reports?.request(request, reply));
        refuse(error, request, reply);
      },
      clientErrorHandler: (error, socket) =>
        refuseRaw(refusals(), error, socket, settings, (status) => this.reports?.raw(status)),
      bodyLimit: BODY_LIMIT,
      ...(mount !== '' && { rewriteUrl: ({ url = '/' }) => withoutMount(url, mount) }),
      trustProxy:
        trustedProxies.length > 0 && ((address: string) => isTrustedAddress(trustedProxies, address)),
      // There is no Express middleware here, and supporting it would take a hook per request.
      skipMiddie: true,
      routerOptions: {
        ignoreTrailingSlash: true,
        ignoreDuplicateSlashes: true,
        maxParamLength: LONGEST_PARAM,
      },
      requestTimeout: ARRIVAL_LIMIT,
      requestIdHeader: false,
      genReqId: (request: IncomingMessage) => {
        unnamed.note(request);
        return idGivenTo(request, trustedProxies) ?? randomUUID();
      },
      // A request that arrives during shutdown is answered normally, as the last one of its connection.
      return503OnClosing: false,
      // Node would refuse it without a body.
      http: { requireHostHeader: false },
    });
    // The first hook, so that the refusal of another carries them too.
    this.setOnRequestHook((request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      this.protect(request, reply);
      done();
    });
    this.refuseBadHeads(refuse);
  }

  /** Refuses, in the words and headers of any refusal, what Node or Fastify would refuse in their own. */
  private refuseBadHeads(refuse: (error: Error, request: FastifyRequest, reply: FastifyReply) => void): void {
    const fastify = this.getInstance();
    fastify.server.on('checkExpectation', (request, response) =>
      fastify.server.emit('request', request, response),
    );
    fastify.addHook('onRequest', (request, reply, done) => {
      const { headers, httpVersion } = request.raw;
      // RFC 9112 §3.2.
      if (headers.host === undefined && httpVersion === '1.1')
        refuse(new TokenjarError('request_malformed'), request, reply);
      // RFC 9110 §10.1.1; Node has answered 100-continue by itself.
      else if (headers.expect !== undefined && !CONTINUE.test(headers.expect))
        refuse(new TokenjarError('expectation_failed'), request, reply);
      else done();
    });
    // Fastify asks for its Content-Type before it looks for a route; there is none, as for any other method.
    if (METHODS.includes('QUERY')) fastify.addHttpMethod('QUERY', { overrideExisting: true });
  }

  /** Nest also writes headers to Node's response, for replies that bypass Fastify. There are none here. */
  override appendHeader(response: FastifyReply, name: string, value: string): FastifyReply {
    if (name !== 'Set-Cookie') return super.appendHeader(response, name, value) as FastifyReply;
    return response.header(name, value);
  }

  /** Nest writes responses here, including those to requests that arrived before the shutdown. */
  override reply(...args: Parameters<FastifyAdapter['reply']>): FastifyReply {
    const [response] = args;
    if (this.isStopping && 'header' in response) response.header('Connection', 'close');
    return super.reply(...args);
  }

  /** What every response carries, also those that Nest does not write, such as files. */
  private protect({ raw }: FastifyRequest, reply: FastifyReply): void {
    if (this.isStopping) reply.header('connection', 'close');
    reply.headers(protectionOver(protocolThrough(this.settings.trustedProxies, raw)));
  }
}

/** The ID that a trusted proxy gave the request, so that both logs use the same one. */
function idGivenTo(request: IncomingMessage, trustedProxies: readonly string[]): string | undefined {
  const id = request.headers['x-request-id'];
  if (typeof id !== 'string' || !/^[\w.:=+/@~-]{1,64}$/.test(id)) return undefined;
  return isPeerAmong(trustedProxies, request) ? id : undefined;
}

/** JSON and forms in UTF-8, uncompressed; empty content counts as no body. Multipart if the dialect supports it. */
export function readBodies(app: NestFastifyApplication, { bodyTypes }: Dialect): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('text/plain');
  admitEmptyBodies(fastify);
  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    const encoding = request.headers['content-encoding'];
    done(encoding && encoding !== 'identity' ? new TokenjarError('media_type_unsupported') : null);
  });
  app.useBodyParser(JSON_TYPE, { bodyLimit: BODY_LIMIT }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const text = decode(body);
    if (text === undefined) done(new TokenjarError('body_malformed'));
    else void parseJson(request as FastifyRequest, text, done);
  });
  if (bodyTypes.includes(MULTIPART_TYPE))
    app.useBodyParser(MULTIPART_TYPE, { bodyLimit: BODY_LIMIT }, (request: FastifyRequest, body: Buffer) =>
      readMultipart(body, request.headers['content-type'] ?? ''),
    );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes that are not valid UTF-8 are refused: replacing them could make two passwords equal. */
function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

/** The text fields of a multipart form, parsed by Node. */
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
