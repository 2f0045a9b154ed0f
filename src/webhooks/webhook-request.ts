import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { WebhookUrls } from './webhook-url.js';

/** From looking the name up to the end of the response. **Unit** milliseconds. */
export const LONGEST_ATTEMPT_MS = 15_000;
/** How much of a response is read; none of it is kept. **Unit** bytes. */
const MOST_BYTES = 64 * 1024;

/** What an endpoint answered. */
export interface WebhookResponse {
  status: number;
  /** Of `Retry-After`. **Unit** seconds; null without one. */
  retryAfter: number | null;
}

/**
 * Sends a message to an endpoint. No redirect is followed, no proxy is used, and each attempt has a connection of its
 * own, whose address is checked.
 *
 * @throws {RefusedUrl} if the address is not one that may be called, and what the network or TLS reports.
 */
export async function post(
  target: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  urls: WebhookUrls,
  signal: AbortSignal,
): Promise<WebhookResponse> {
  const url = urls.parse(target);
  const send = url.protocol === 'http:' ? requestHttp : requestHttps;
  const content = Buffer.from(body);
  const end = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_ATTEMPT_MS)]);
  const request = send(url, {
    method: 'POST',
    agent: false,
    lookup: urls.lookup,
    signal: end,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': content.length,
      'user-agent': 'Tokenjar',
    },
  });
  const answer = await answerTo(request, content, end);
  await drain(answer);
  return { status: answer.statusCode ?? 0, retryAfter: retryAfterOf(answer) };
}

/** Whatever the endpoint does, it settles by the end: an attempt that does not would hold its lane, and a shutdown. */
function answerTo(request: ClientRequest, content: Buffer, end: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // For 101, Node announces neither a response nor an error, and closes nothing that somebody could abort.
    request.once('upgrade', (_, socket) => {
      socket.destroy();
      reject(new Error('the endpoint changed to another protocol'));
    });
    end.addEventListener('abort', () => reject(end.reason as Error), { once: true });
    // Also after the response: a connection that breaks then changes nothing.
    request.on('error', reject);
    request.end(content);
  });
}

/** The status counts, whatever becomes of the rest. */
function drain(answer: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    answer.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_BYTES) answer.destroy();
    });
    answer.on('error', () => undefined);
    answer.once('close', resolve);
  });
}

/** **Source** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfterOf({ headers }: IncomingMessage): number | null {
  const { 'retry-after': text, date } = headers;
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  // Against the clock of the receiver, if it says what that is.
  const seconds = (Date.parse(text) - (Date.parse(date ?? '') || Date.now())) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}
