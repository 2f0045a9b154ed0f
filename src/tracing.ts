import {
  type Attributes,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

// The SDK is the operator's, loaded before the server (node --import). Without one, nothing here does anything.

const tracer = trace.getTracer('tokenjar');
const PROBE = createContextKey('tokenjar probe');

/** Whether the process has an SDK that keeps spans apart from one request to the next. */
export const isTracing = (): boolean =>
  context.with(ROOT_CONTEXT.setValue(PROBE, true), () => context.active().getValue(PROBE) === true);

/** The span of a request. It begins one of its own, unless whoever calls may say what it belongs to. */
export const beginRequest = (method: string, headers: object | undefined): Span =>
  tracer.startSpan(
    method,
    { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } },
    headers ? propagation.extract(ROOT_CONTEXT, headers) : ROOT_CONTEXT,
  );

/** Runs the rest of a request inside its span. */
export const within = (span: Span, next: () => void): void =>
  context.with(trace.setSpan(context.active(), span), next);

/** Ends the span of a request. No address and no query: they may contain secrets. */
export function endRequest(
  span: Span,
  {
    operation,
    method,
    status,
    code,
  }: { operation: string; method: string; status: number; code?: string | undefined },
): void {
  span.updateName(`${method} ${operation}`);
  span.setAttributes({ 'tokenjar.operation': operation, 'http.response.status_code': status });
  if (code !== undefined) span.setAttribute('error.type', code);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Measures a part of what is being traced; by itself it is nothing worth a trace. */
export const traced = <Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> =>
  trace.getActiveSpan() === undefined ? work() : inSpan(name, SpanKind.CLIENT, attributes, work);

/** Runs an act as a part of what is being traced now, whenever it begins. */
export const resuming = (): ((act: () => void) => void) => context.bind(context.active(), run);
const run = (act: () => void): void => act();

/** Begins what a request has only given the occasion for, such as sending whatever is due. */
export const outside = <Result>(act: () => Result): Result => context.with(ROOT_CONTEXT, act);

/** Measures what nobody waits for, such as sending an email: a trace of its own, if it is {@link outside}. */
export const tracedAlone = <Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> => inSpan(name, SpanKind.CLIENT, attributes, work);

const inSpan = <Result>(
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> =>
  tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      // Its message may quote what somebody typed.
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
      throw error;
    } finally {
      span.end();
    }
  });
