import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { PASSWORD, uniqueEmail } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;

let started: MailApp;
let silent: MailApp;
beforeAll(async () => {
  // Before an SDK is there.
  silent = await startMailApp({ trustedProxies: ['loopback'] });
  provider.register();
  started = await startMailApp({ trustedProxies: ['loopback'] });
});
afterAll(async () => {
  await started.close();
  await silent.close();
  await provider.shutdown();
});

/** The spans of a trace, once its request has ended. */
const spansOf = (name: string): Promise<ReadableSpan[]> =>
  eventually(
    () => {
      const spans = exporter.getFinishedSpans();
      const request = spans.findLast((span) => span.name === name);
      const id = request?.spanContext().traceId;
      return spans.filter((span) => span.spanContext().traceId === id);
    },
    (spans) => spans.length > 0,
    2000,
  );

const namesOf = (spans: ReadableSpan[]): string[] => spans.map(({ name }) => name).sort();

test('a sign-in is a request, a hash and statements, and belongs to the trace of the proxy', async () => {
  const { app } = started;
  const { email } = await app.signedUp();
  exporter.reset();
  await app.browser().post('/auth/login', { email, password: PASSWORD }, { headers: { traceparent } });
  const spans = await spansOf('POST login');
  expect(namesOf(spans)).toEqual(expect.arrayContaining(['POST login', 'hash', 'session_open']));
  const request = spans.find(({ name }) => name === 'POST login');
  expect(request?.spanContext().traceId).toBe(TRACE);
  expect(request?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'tokenjar.operation': 'login',
  });
  const parent = request?.spanContext().spanId;
  expect(spans.filter((span) => span !== request && span.parentSpanContext?.spanId !== parent)).toEqual([]);
  expect(app.requestLog.at(-1)).toMatchObject({ operation: 'login', status: 200, trace_id: TRACE });
});

test('a refresh is a request and one statement', async () => {
  const { app } = started;
  const user = await app.signedUp();
  app.clock.advance(150);
  exporter.reset();
  expect((await user.refresh()).status).toBe(200);
  expect(namesOf(await spansOf('POST refreshToken'))).toEqual(['POST refreshToken', 'session_advance']);
});

test('an email is a trace of its own', async () => {
  const { app, mail } = started;
  const { email } = await app.verified();
  exporter.reset();
  await app.browser().post('/auth/password/reset', { email });
  await mail.emailTo(email);
  expect(namesOf(await spansOf('email reset_password'))).toEqual(['email reset_password']);
});

test('what fails says its code, and no span says an address or a secret', async () => {
  const { app } = started;
  const email = uniqueEmail();
  exporter.reset();
  await app.browser().post(`/auth/login?password=${PASSWORD}`, { email, password: PASSWORD });
  const request = (await spansOf('POST login')).find(({ name }) => name === 'POST login');
  expect(request?.attributes['error.type']).toBe('bad_credentials');
  expect(request?.status.code).toBe(SpanStatusCode.UNSET);
  const said = JSON.stringify(
    exporter.getFinishedSpans().map(({ name, attributes, events }) => ({ name, attributes, events })),
  );
  expect(said).not.toContain(PASSWORD);
  expect(said).not.toContain(email);
});

test('without an SDK there are no spans, and the log still names the trace', async () => {
  exporter.reset();
  const { app } = silent;
  await app.browser().get('/health/live', { headers: { traceparent } });
  await eventually(
    () => app.requestLog,
    (lines) => lines.length > 0,
  );
  expect(app.requestLog.at(-1)).toMatchObject({ operation: 'live', trace_id: TRACE });
  await app.browser().get('/health/live', { headers: { traceparent: `${traceparent}; secret` } });
  await eventually(
    () => app.requestLog,
    (lines) => lines.length > 1,
  );
  expect(app.requestLog.at(-1)?.trace_id).toBeUndefined();
  expect(namesOf(exporter.getFinishedSpans()).filter((name) => name.startsWith('GET'))).toEqual([]);
});
