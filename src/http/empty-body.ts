import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TokenjarError } from '../errors.js';

/** Marks our routes in Fastify's route configuration, so that a host's routes are not affected. */
export const OWN_ROUTE = { tokenjar: true };

/** Methods of which Fastify reads no content. */
const UNREAD: readonly string[] = ['GET', 'HEAD'];

const MARK = 'tokenjarAdmitsEmptyBodies';

/**
 * Accepts a request without content on our routes, whatever its headers say about content.
 *
 * Clients and proxies send such requests with a length of 0 and any Content-Type, or chunked without chunks; Fastify
 * would look for a parser and refuse with 415. The headers about content are removed.
 *
 * **Source** RFC 9110 §8.6; §6.4: a message without content has no content type.
 */
export function admitEmptyBodies(fastify: FastifyInstance): void {
  if (fastify.hasDecorator(MARK)) return;
  fastify.decorate(MARK, true);
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const { headers } = request.raw;
    // Fastify looks for no parser then, so the type can stay. To delete a header makes the reading of all others slow.
    const isUnread = UNREAD.includes(request.method) && headers['content-encoding'] === undefined;
    const isUntyped = isUnread || headers['content-type'] === undefined;
    const isPlain = isUntyped && headers['transfer-encoding'] === undefined;
    if (isPlain || !isOwn(request)) return done();
    const isEmpty = isEmptyByItsHead(request.raw);
    if (isEmpty !== undefined) {
      if (isEmpty) forgetBody(request.raw);
      return done();
    }
    whenKnown(payload, (isEnded) => {
      if (isEnded === undefined) return done(new TokenjarError('body_malformed'));
      if (isEnded) forgetBody(request.raw);
      done();
    });
  });
}

/** The value that a host's parser produced for empty content. */
export const isNoBody = (body: unknown): boolean =>
  body === undefined || body === '' || (Buffer.isBuffer(body) && body.length === 0);

const isOwn = ({ routeOptions }: FastifyRequest): boolean => {
  const config = routeOptions.config as typeof routeOptions.config & Partial<typeof OWN_ROUTE>;
  return config.tokenjar === true;
};

/** Undefined if only the first byte or the end can tell: chunked encoding, and HTTP/2 without a length. */
function isEmptyByItsHead({ headers, httpVersionMajor }: IncomingMessage): boolean | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  if (headers['content-length'] !== undefined) return Number(headers['content-length']) === 0;
  return httpVersionMajor < 2 ? true : undefined;
}

/** Whether the stream ends before any byte, without consuming one; undefined if the connection breaks first. */
function whenKnown(payload: Readable, tell: (isEnded: boolean | undefined) => void): void {
  const events = ['readable', 'end', 'error', 'close'] as const;
  const look = () => {
    for (const event of events) payload.off(event, look);
    const isBroken = payload.errored !== null || (payload.destroyed && !payload.readableEnded);
    // Node calls a stream readable if it has bytes or has ended.
    tell(isBroken ? undefined : payload.readableLength === 0);
  };
  if (payload.readableEnded || payload.destroyed) return look();
  for (const event of events) payload.on(event, look);
}

function forgetBody({ headers }: IncomingMessage): void {
  delete headers['content-type'];
  delete headers['content-encoding'];
  delete headers['transfer-encoding'];
}
