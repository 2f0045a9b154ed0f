import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A proxy between a client and a server whose connections can be cut. */
export interface TcpProxy {
  /** An address that leads through the proxy. */
  through(url: string): string;
  /** Breaks every connection and refuses new ones, like a killed server. */
  cut(): Promise<void>;
  /** Drops all further data, on existing and new connections, like a firewall. Ends with {@link cut}. */
  stall(): void;
  /** Delays all further data in both directions. **Unit** milliseconds. */
  delay(by: number): void;
  restore(): Promise<void>;
}

/** @param retold replaces the server's data before the client receives it. */
export async function startProxy(
  target: string,
  retold = (chunk: Buffer): Buffer => chunk,
): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isStalled = false;
  let delay = 0;
  const pass = (hear: (chunk: Buffer) => Buffer) =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const on = () => done(null, isStalled ? undefined : hear(chunk));
        if (delay > 0) setTimeout(on, delay);
        else on();
      },
    });
  const server = createServer((incoming) => {
    const outgoing = connect(Number(port), hostname);
    for (const [from, to, hear] of [
      [incoming, outgoing, (chunk: Buffer) => chunk],
      [outgoing, incoming, retold],
    ] as const) {
      sockets.add(from);
      from.pipe(pass(hear)).pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const own = await listen(0);
  return {
    through(url) {
      const changed = new URL(url);
      changed.host = `127.0.0.1:${own}`;
      return changed.href;
    },
    async cut() {
      const closed = once(server, 'close');
      server.close();
      // A reset after a shutdown leaves a handle that Node 20 never closes: the process would not end.
      for (const socket of sockets)
        if (socket.writableEnded) socket.destroy();
        else socket.resetAndDestroy();
      await closed;
    },
    stall() {
      isStalled = true;
    },
    delay(by) {
      delay = by;
    },
    async restore() {
      isStalled = false;
      await listen(own);
    },
  };
}
