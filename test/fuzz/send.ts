import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** A request as it goes out. */
export interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface Received {
  status: number;
  headers: Headers;
  setCookie: string[];
  text: string;
}

/** Sends what `fetch` would not: headers of any kind, a path as it is written. */
export class Sender {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly url: string) {}

  async send({ method, path, headers, body }: Sent): Promise<Received> {
    const { hostname, port } = new URL(this.url);
    // Node leaves the length out for methods that seldom have a body, which then reads as the next request.
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const outgoing = request({
      agent: this.agent,
      hostname,
      port,
      method,
      path,
      headers: { ...headers, ...length },
    });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    outgoing.end(body);
    const [incoming] = await answered;
    const received = new Headers();
    for (let i = 0; i < incoming.rawHeaders.length; i += 2)
      received.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '');
    return {
      status: incoming.statusCode ?? 0,
      headers: received,
      setCookie: received.getSetCookie(),
      text: await text(incoming),
    };
  }

  close(): void {
    this.agent.destroy();
  }
}
