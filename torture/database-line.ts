import { startProxy, type TcpProxy } from '../test/support/tcp-proxy.js';
import { pause } from './http.js';

/** The network between one instance and the servers of the database. */
export class DatabaseLine {
  private constructor(
    /** The address of the database, through this line. */
    readonly url: string,
    private readonly proxies: readonly TcpProxy[],
  ) {}

  /** @param ports of the servers. */
  static async to(ports: readonly number[]): Promise<DatabaseLine> {
    const proxies = await Promise.all(ports.map((port) => startProxy(`tcp://127.0.0.1:${port}`)));
    const hosts = proxies.map((proxy) => new URL(proxy.through('tcp://127.0.0.1:1')).host);
    const url = `postgres://postgres@${hosts.join(',')}/postgres?target_session_attrs=read-write`;
    return new DatabaseLine(url, proxies);
  }

  /** Nothing passes for a while, in either direction; then the connections break. **Unit** milliseconds. */
  async interrupt(time: number): Promise<void> {
    for (const proxy of this.proxies) proxy.stall();
    await pause(time);
    for (const proxy of this.proxies) {
      await proxy.cut();
      await proxy.restore();
    }
  }

  /** Everything, and so every commit, takes longer by this. **Unit** milliseconds. */
  async slowDown(by: number, time: number): Promise<void> {
    for (const proxy of this.proxies) proxy.delay(by);
    await pause(time);
    for (const proxy of this.proxies) proxy.delay(0);
  }

  async close(): Promise<void> {
    for (const proxy of this.proxies) await proxy.cut();
  }
}
