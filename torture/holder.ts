import { CookieJar } from 'tough-cookie';
import type { Adapter } from './adapters/adapter.js';
import { type ChaosProxy, drawChaos, type OnExchange } from './chaos-proxy.js';
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
export type Outcome = 'done' | 'pending' | 'failed' | 'unproven' | 'signed_out';

/** Where cookies of a server belong: some are for https only. */
const siteOf = (url: string): string => url.replace(/^http:/, 'https:');

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
    return this.cookie(this.scene.adapter.cookieName);
  }

  /** The cookie that proves the device, if it was asked for. */
  get proof(): [name: string, value: string] | undefined {
    return undefined;
  }

  protected cookie(name: string): string | undefined {
    return this.jar.getCookiesSync(siteOf(this.scene.proxy.url)).find(({ key }) => key === name)?.value;
  }

  keep(cookies: string[]): void {
    for (const line of cookies) this.jar.setCookieSync(line, siteOf(this.scene.proxy.url));
  }

  /** One refresh according to the client's contract: given up after U, and later responses are discarded. */
  async refresh(by: string, isDirect = false): Promise<Outcome> {
    const { token, session } = this;
    if (token === undefined || !session) return 'signed_out';
    const exchanges: Exchange[] = [];
    const onExchange = (sentAt: number, answeredAt: number, reply?: Reply) => {
      exchanges.push(this.record(session, by, token, sentAt, answeredAt, reply));
    };
    const reply = await this.post(this.scene.adapter.refreshPath, {}, isDirect, onExchange);
    return reply ? this.take(reply, exchanges) : 'failed';
  }

  /** A POST with the cookies. @returns undefined without an answer in time. */
  protected async post(
    path: string,
    headers: Record<string, string>,
    isDirect: boolean,
    onExchange: OnExchange,
  ): Promise<Reply | undefined> {
    const { adapter, proxy, targets, times, history } = this.scene;
    const hangUp = new AbortController();
    const timer = setTimeout(() => hangUp.abort(), times.giveUp);
    this.underWay.add(hangUp);
    const sentAt = history.now();
    const cookies = [[adapter.cookieName, this.token ?? ''], ...(this.proof ? [this.proof] : [])];
    try {
      const errand = () =>
        proxy.errand({ chaos: drawChaos(this.random, times), until: sentAt + times.giveUp, onExchange });
      const base = isDirect ? (targets[0] ?? '') : proxy.url;
      const cookie = cookies.map(([name, value]) => `${name}=${value}`).join('; ');
      const reply = await send('POST', base + path, {
        headers: { ...headers, cookie, ...(!isDirect && errand()) },
        signal: hangUp.signal,
      });
      const now = history.now();
      if (isDirect) onExchange(sentAt, now, reply);
      // The timer may be late on a busy machine.
      return hangUp.signal.aborted || now - sentAt > times.giveUp ? undefined : reply;
    } catch {
      return undefined;
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
    if (![200, 403, 503].includes(reply.status)) return 'failed';
    this.keep(reply.headers['set-cookie'] ?? []);
    return reply.status === 200 ? 'done' : reply.status === 403 ? 'unproven' : 'pending';
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
