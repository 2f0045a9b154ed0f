import { CookieJar } from 'tough-cookie';
import type { Adapter } from './adapters/adapter.js';
import { type ChaosProxy, drawChaos } from './chaos-proxy.js';
import type { Exchange, History, SessionHistory } from './history.js';
import { type Reply, send, type Stop } from './http.js';
import type { Random } from './random.js';
import type { Times } from './scale.js';

/** What all clients in a run share. */
export interface Scene {
  adapter: Adapter;
  proxy: ChaosProxy;
  /** The servers without the proxy, for undisturbed requests. */
  targets: readonly string[];
  times: Times;
  history: History;
  /** Aborted when the run is over. */
  over: Stop;
}

/** The result of a refresh for a client. */
export type Outcome = 'done' | 'pending' | 'failed' | 'signed_out';

/** A client with a cookie jar: a browser, or a thief. */
export class Holder {
  jar = new CookieJar();
  session: SessionHistory | undefined;
  /** Refreshes in progress, so that all of them can be cut. */
  protected readonly underWay = new Set<AbortController>();

  constructor(
    protected readonly scene: Scene,
    readonly name: string,
    protected readonly kind: 'owner' | 'thief',
    protected readonly random: Random,
  ) {}

  get token(): string | undefined {
    const { adapter, proxy } = this.scene;
    return this.jar.getCookiesSync(proxy.url).find(({ key }) => key === adapter.cookieName)?.value;
  }

  keep(cookies: string[]): void {
    for (const line of cookies) this.jar.setCookieSync(line, this.scene.proxy.url);
  }

  /** One refresh according to the client's contract: given up after U, and later responses are discarded. */
  async refresh(by: string, isDirect = false): Promise<Outcome> {
    const { token, session } = this;
    if (token === undefined || !session) return 'signed_out';
    const { adapter, proxy, targets, times, history } = this.scene;
    const exchanges: Exchange[] = [];
    const onExchange = (sentAt: number, answeredAt: number, reply?: Reply) => {
      exchanges.push(this.record(session, by, token, sentAt, answeredAt, reply));
    };
    const hangUp = new AbortController();
    const timer = setTimeout(() => hangUp.abort(), times.giveUp);
    this.underWay.add(hangUp);
    const sentAt = history.now();
    try {
      const errand = () =>
        proxy.errand({ chaos: drawChaos(this.random, times), until: sentAt + times.giveUp, onExchange });
      const base = isDirect ? (targets[0] ?? '') : proxy.url;
      const reply = await send('POST', base + adapter.refreshPath, {
        headers: { cookie: `${adapter.cookieName}=${token}`, ...(!isDirect && errand()) },
        signal: hangUp.signal,
      });
      const now = history.now();
      if (isDirect) onExchange(sentAt, now, reply);
      // The timer may be late on a busy machine.
      if (hangUp.signal.aborted || now - sentAt > times.giveUp) return 'failed';
      return this.take(reply, exchanges);
    } catch {
      return 'failed';
    } finally {
      clearTimeout(timer);
      this.underWay.delete(hangUp);
    }
  }

  private take(reply: Reply, exchanges: Exchange[]): Outcome {
    const issued = this.issuedBy(reply);
    for (const exchange of exchanges)
      if (exchange.status === reply.status && exchange.issued === issued) exchange.isDelivered = true;
    if (reply.status === 401) return 'signed_out';
    if (reply.status === 503) return 'pending';
    if (reply.status !== 200) return 'failed';
    this.keep(reply.headers['set-cookie'] ?? []);
    return 'done';
  }

  private record(
    session: SessionHistory,
    by: string,
    token: string,
    sentAt: number,
    answeredAt: number,
    reply: Reply | undefined,
  ): Exchange {
    const { adapter, history } = this.scene;
    const exchange: Exchange = {
      asked: 'refresh',
      holder: this.kind,
      by,
      token: history.tokenOf(token),
      sentAt,
    };
    if (reply) {
      Object.assign(exchange, { answeredAt, status: reply.status });
      if (reply.status !== 200) exchange.code = adapter.codeOf(reply);
      exchange.issued = this.issuedBy(reply);
    }
    session.exchanges.push(exchange);
    return exchange;
  }

  /** The token set by a response; a cleared cookie does not count. */
  private issuedBy({ headers }: Reply): number | undefined {
    const { adapter, history } = this.scene;
    const start = `${adapter.cookieName}=`;
    const line = headers['set-cookie']?.find((cookie) => cookie.startsWith(start));
    const value = line?.slice(start.length).split(';')[0];
    return value ? history.tokenOf(value) : undefined;
  }
}
