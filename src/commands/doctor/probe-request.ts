import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { addressOf } from '../../http/forwarded.js';

/** **Unit** milliseconds. */
const LONGEST = 10_000;
const MOST_BYTES = 64 * 1024;
/** On Linux all of 127.0.0.0/8 is this machine, so that we can be told from a proxy on it. */
const LOCAL_CLIENT = '127.0.0.2';

/** What was answered, and from which address it was asked. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  from: string | null;
}

/** Sends a request on a connection of its own, and follows no redirect. @throws what the network or TLS reports. */
export async function send(
  method: 'GET' | 'POST',
  url: URL,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  const { address } = await lookup(url.hostname.replace(/^\[|\]$/g, ''));
  const isLocal = process.platform === 'linux' && address === '127.0.0.1';
  const request = (url.protocol === 'http:' ? requestHttp : requestHttps)(url, {
    method,
    headers: { ...headers, ...(body !== '' && { 'content-length': String(Buffer.byteLength(body)) }) },
    agent: false,
    signal: AbortSignal.timeout(LONGEST),
    ...(isLocal && { localAddress: LOCAL_CLIENT, family: 4 }),
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const from = addressOf(response.socket.localAddress);
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MOST_BYTES) break;
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: text, from };
}

/** A name that nobody else has. */
export const nonce = (): string => randomBytes(6).toString('hex');
