import type { Options } from '../config/options.js';
import { isAmong, originOf } from '../config/origins.js';

/** What frontends send beside their tokens: frameworks against CSRF, tracing, and what `fetch` may be told anyway. */
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
/** What a client has to read of an answer to know what to do. */
const EXPOSED_HEADERS = ['Retry-After', 'WWW-Authenticate', 'RateLimit', 'RateLimit-Policy', 'Allow', 'Link'];

/** What `@fastify/cors` takes, for the pages of `TRUSTED_ORIGINS`. */
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
    // A plain OPTIONS of a page is answered as a preflight, not with words of the plugin's own.
    strictPreflight: false,
  };
}

/** The headers by which a page of a trusted origin may read a refusal that came before any hook. */
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
