import type { Options } from '../config/options.js';
import { isAmong, originOf } from '../config/origins.js';

/**
 * Headers that frontends send besides their tokens: CSRF headers of frameworks, tracing, and those that `fetch` may
 * set.
 */
const USUAL_HEADERS = [
  'Authorization',
  'Content-Type',
  'Accept',
  'Accept-Language',
  'Cache-Control',
  'Content-Language',
  'If-Modified-Since',
  'If-None-Match',
  'Pragma',
  'Idempotency-Key',
  'X-CSRF-Token',
  'X-CSRFToken',
  'X-XSRF-TOKEN',
  'X-Requested-With',
  'X-Request-Id',
  'X-Correlation-Id',
  'baggage',
  'sentry-trace',
  'traceparent',
  'tracestate',
  'b3',
  'X-B3-TraceId',
  'X-B3-SpanId',
  'X-B3-ParentSpanId',
  'X-B3-Sampled',
  'X-Datadog-Origin',
  'X-Datadog-Parent-Id',
  'X-Datadog-Sampling-Priority',
  'X-Datadog-Trace-Id',
  'newrelic',
];
/** Response headers that a client needs to decide what to do. */
const EXPOSED_HEADERS = ['Retry-After', 'WWW-Authenticate', 'RateLimit', 'RateLimit-Policy', 'Allow', 'Link'];

/** Options of `@fastify/cors`, for the pages of `TRUSTED_ORIGINS`. */
export function corsFor(options: Pick<Options, 'trustedOrigins' | 'corsAllowedHeaders'>) {
  const { trustedOrigins, corsAllowedHeaders } = options;
  return {
    origin: (origin: string | undefined, tell: (error: null, isAllowed: boolean) => void) =>
      tell(null, isTrusted(trustedOrigins, origin)),
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [...new Set([...USUAL_HEADERS, ...corsAllowedHeaders])],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
    // A plain OPTIONS request is answered like a preflight instead of with an error of the plugin.
    strictPreflight: false,
  };
}

/** The headers with which a page of a trusted origin can read an error that was raised before any hook. */
export function corsHeadersFor(
  { trustedOrigins }: Pick<Options, 'trustedOrigins'>,
  origin: string | undefined,
): Record<string, string> {
  if (trustedOrigins.length === 0) return {};
  if (origin === undefined || !isTrusted(trustedOrigins, origin)) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': EXPOSED_HEADERS.join(', '),
  };
}

function isTrusted(trustedOrigins: readonly string[], origin: string | undefined): boolean {
  const sent = origin === undefined ? undefined : originOf(origin);
  return sent !== undefined && isAmong(trustedOrigins, sent);
}
