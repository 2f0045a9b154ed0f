import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A received response. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Ask {
  headers?: Record<string, string>;
  json?: unknown;
  /** Cuts the connection. */
  signal?: AbortSignal;
  agent?: Agent;
}

/** Connections are kept alive, as browsers do, but requests never queue for them. */
const KEPT = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 2000 });

/** One request. `fetch` takes several times as long and hides whether a connection was cut. */
export async function send(method: string, url: string, ask: Ask = {}): Promise<Reply> {
  const body = ask.json === undefined ? '' : JSON.stringify(ask.json);
  const response = await new Promise<IncomingMessage>((found, failed) => {
    const outgoing = request(url, {
      method,
      agent: ask.agent ?? KEPT,
      signal: ask.signal,
      headers: {
        ...(ask.json !== undefined && { 'content-type': 'application/json' }),
        ...(method !== 'GET' && { 'content-length': Buffer.byteLength(body) }),
        ...ask.headers,
      },
    });
    outgoing.on('response', found);
    outgoing.on('error', failed);
    outgoing.end(body);
  });
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}

/** The object in a JSON response; empty if there is none. */
export function jsonOf({ body }: Reply): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A signal to stop waiting. */
export interface Stop {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { once: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The end of a run, for which thousands wait: an `AbortSignal` would walk its listeners at every change. */
export class Ending implements Stop {
  aborted = false;
  private readonly waiting = new Set<() => void>();

  abort(): void {
    this.aborted = true;
    for (const listener of this.waiting) listener();
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.waiting.add(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.waiting.delete(listener);
  }
}

/** Waits. **Unit** milliseconds. Ends early, without an error, when the signal comes. */
export function pause(time: number, signal?: Stop): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted) return done();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, time);
    signal?.addEventListener('abort', end, { once: true });
  });
}
