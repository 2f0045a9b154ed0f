import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pause, type Reply, send } from './http.js';
import type { Random } from './random.js';
import type { Times } from './scale.js';

/** What happens to a request in transit. **Unit** milliseconds. */
export interface Chaos {
  /** The request is delayed, so that a later one overtakes it. */
  requestDelay: number;
  answerDelay: number;
  /** The connection is cut before the server receives the request. */
  cut: boolean;
  /** The server does its work, and the response is lost. */
  drop: boolean;
  /** The request is sent to the servers again, this much later; one response is delivered. */
  doubleAfter?: number;
}

/** Called for each copy sent to a server, when it was answered or given up. */
export type OnExchange = (sentAt: number, answeredAt: number, reply?: Reply) => void;

export interface Errand {
  chaos: Chaos;
  /** When the client gives up. No copy of a request stays in transit for longer. */
  until: number;
  onExchange: OnExchange;
}

/** Most requests pass; the rest get one of the faults that networks have, sometimes several. */
export function drawChaos(random: Random, { grace, giveUp }: Times): Chaos {
  const delay = () =>
    random.chance(0.8)
      ? 0
      : random.chance(0.7)
        ? random.between(0, giveUp / 4)
        : random.between(0, 0.9 * grace);
  return {
    requestDelay: delay(),
    answerDelay: delay(),
    cut: random.chance(0.02),
    drop: random.chance(0.08),
    doubleAfter: random.chance(0.05) ? random.between(0, giveUp / 2) : undefined,
  };
}

/** The header with the errand of a request; removed before a server sees it. */
const ERRAND = 'x-errand';
/** The others that are passed on, besides those of cookies. */
const OF_REQUESTS = ['content-type', 'secure-session-response', 'sec-secure-session-id'];
const OF_ANSWERS = ['content-type', 'set-cookie', 'retry-after', 'secure-session-challenge'];

/** A proxy between browsers and servers that applies to each request what its {@link Errand} says. */
export class ChaosProxy {
  url = '';
  private readonly errands = new Map<string, Errand>();
  private readonly server = createServer((request, response) => {
    this.pass(request, response).catch(() => request.socket.destroy());
  });
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  private turn = 0;
  private errandCount = 0;

  constructor(
    private readonly targets: readonly string[],
    private readonly now: () => number,
  ) {}

  async start(): Promise<void> {
    this.server.keepAliveTimeout = 60_000;
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** The header that makes this happen to a request. */
  errand(errand: Errand): Record<string, string> {
    const name = String(this.errandCount++);
    this.errands.set(name, errand);
    return { [ERRAND]: name };
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = String(request.headers[ERRAND]);
    const errand = this.errands.get(name);
    this.errands.delete(name);
    if (!errand) throw new Error('a request without an errand');
    const { chaos } = errand;
    // The rules only hold behind proxies that pass on closed connections and keep no request for longer than a client
    // waits. After the first copy of a duplicated request was answered, no client is left that could close the second.
    const gone = new AbortController();
    const timer = setTimeout(() => gone.abort(), errand.until - this.now());
    response.on('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    await buffer(request);
    await pause(chaos.requestDelay, gone.signal);
    if (gone.signal.aborted || chaos.cut) return void request.socket.destroy();

    const copies = [this.forward(request, errand, gone.signal)];
    if (chaos.doubleAfter !== undefined) {
      const after = pause(chaos.doubleAfter, gone.signal);
      copies.push(after.then(() => this.forward(request, errand, gone.signal)));
    }
    void Promise.allSettled(copies).then(() => clearTimeout(timer));
    // Whichever comes first, as in a network that duplicates packets. The other copy is not cancelled.
    const reply = await Promise.any(copies);
    await pause(chaos.answerDelay, gone.signal);
    if (chaos.drop) return void request.socket.destroy();
    for (const header of OF_ANSWERS) {
      const value = reply.headers[header];
      if (value !== undefined) response.setHeader(header, value);
    }
    response.writeHead(reply.status).end(reply.body);
  }

  private async forward(
    request: IncomingMessage,
    { onExchange }: Errand,
    signal: AbortSignal,
  ): Promise<Reply> {
    if (signal.aborted) throw new Error('nobody waits for the answer');
    const target = this.targets[this.turn++ % this.targets.length] ?? '';
    const passed = ['cookie', ...OF_REQUESTS].flatMap((name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const sentAt = this.now();
    try {
      const reply = await send(request.method ?? 'GET', target + (request.url ?? '/'), {
        headers: Object.fromEntries(passed) as Record<string, string>,
        agent: this.agent,
        signal,
      });
      onExchange(sentAt, this.now(), reply);
      return reply;
    } catch (error) {
      onExchange(sentAt, this.now());
      throw error;
    }
  }
}
