import type { Span } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Options } from '../config/options.js';
import { isPeerAmong } from '../http/forwarded.js';
import type { RequestOutcome, RequestOutcomes } from '../http/request-outcomes.js';
import type { Metrics } from '../measures.js';
import type { Adapter } from './fastify-adapter.js';
import type { ShownId } from '../user-id.js';
import { beginRequest, endRequest, isTracing, within } from '../tracing.js';

/** A line of the log. What is undefined is not in it. */
export interface LoggedRequest {
  request_id: string;
  operation: string;
  status: number;
  duration_ms: number;
  user_id: ShownId | undefined;
  session_id: string | undefined;
  code: string | undefined;
  trace_id: string | undefined;
}

interface Reports {
  outcomes: RequestOutcomes;
  metrics: Metrics;
  options: Options;
  /** Undefined if requests are not logged. */
  log: ((request: LoggedRequest) => void) | undefined;
}

/** By the request, so that nothing of it is kept longer. */
const spans = new WeakMap<object, Span>();

/** Reports every request to metrics, log and traces, in one place. Where none of them is on, it does nothing. */
export function reportRequests(adapter: Adapter, { outcomes, metrics, options, log }: Reports): void {
  outcomes.seenFromOutside();
  const fastify = adapter.getInstance();
  const traces = isTracing();
  if (!metrics.isOn && !log && !traces) return;
  if (traces) traceRequests(fastify, options);

  const report = (request: FastifyRequest, reply: FastifyReply) => {
    const outcome = outcomes.of(request, reply.statusCode, isFound(request));
    const took = reply.elapsedTime;
    const span = traces ? spans.get(request) : undefined;
    if (metrics.isOn) outcomes.measure(outcome, took);
    log?.(lineOf(request, outcome, took, span?.spanContext().traceId ?? traceOf(request, options)));
    if (span) endRequest(span, { ...outcome, method: request.method });
  };
  fastify.addHook('onResponse', (request, reply, done) => {
    report(request, reply);
    done();
  });
  adapter.reports = {
    request: report,
    raw: (status) => metrics.add('tokenjar_requests_total', 1, 'none', String(status)),
  };
}

/** Everything after the body is in the span of the request: Node's events of the body are not. */
function traceRequests(fastify: FastifyInstance, { trustedProxies }: Options): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const isTold = isPeerAmong(trustedProxies, request.raw);
    spans.set(request, beginRequest(request.method, isTold ? request.headers : undefined));
    done();
  });
  fastify.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) within(span, done);
    else done();
  });
}

function lineOf(
  request: FastifyRequest,
  { operation, status, userId, sessionId, code }: RequestOutcome,
  took: number,
  traceId: string | undefined,
): LoggedRequest {
  return {
    request_id: request.id,
    operation,
    status,
    duration_ms: Math.round(took * 10) / 10,
    user_id: userId,
    session_id: sessionId,
    code,
    trace_id: traceId,
  };
}

/** Of whoever may say which trace a request belongs to. **Source** W3C Trace Context §3.2.2. */
function traceOf({ raw }: FastifyRequest, { trustedProxies }: Options): string | undefined {
  const { traceparent } = raw.headers;
  if (typeof traceparent !== 'string' || !isPeerAmong(trustedProxies, raw)) return undefined;
  const [, id] = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent) ?? [];
  return id;
}

/** Whether there is a route at its address. Of an address that cannot be read there is no route either. */
const isFound = (request: FastifyRequest): boolean =>
  !request.is404 && request.routeOptions.url !== undefined;
