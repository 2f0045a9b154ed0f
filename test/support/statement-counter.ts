import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

const QUIET_MS = 30;

/** A proxy between an app and PostgreSQL that counts statements, except those of connections outside the pool. */
export interface StatementCounter {
  /** The address of the database through the proxy. */
  databaseUrl: string;
  /**
   * Runs `act` and returns the number of statements, including transaction control. Waits first until nothing was sent
   * for a moment: instances read a change some milliseconds after it, and that belongs to no request.
   */
  countDuring(act: () => Promise<unknown>): Promise<number>;
  /** Runs `act` and returns the number of rows that the server sent. */
  rowsDuring(act: () => Promise<unknown>): Promise<number>;
  close(): Promise<void>;
}

/**
 * Starts a proxy that counts the frontend messages that make the server execute something.
 *
 * **Source** PostgreSQL documentation, chapter "Message Formats": Query `Q` and Execute `E`.
 */
export async function tapStatements(databaseUrl: string): Promise<StatementCounter> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let count = 0;
  let rows = 0;
  let last = performance.now();
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    const reader = new FrontendReader((type) => {
      if (type === 'Q' || type === 'E') count++;
      last = performance.now();
    });
    const answers = new BackendReader((type) => {
      if (type === 'D') rows++;
    });
    client.on('data', (chunk) => reader.read(chunk));
    upstream.on('data', (chunk) => {
      if (!reader.isBeside) answers.read(chunk);
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const tapped = new URL(databaseUrl);
  tapped.hostname = '127.0.0.1';
  tapped.port = String(address.port);
  return {
    databaseUrl: tapped.href,
    async countDuring(act) {
      while (performance.now() - last < QUIET_MS) await setTimeout(QUIET_MS);
      const before = count;
      await act();
      return count - before;
    },
    async rowsDuring(act) {
      const before = rows;
      await act();
      return rows - before;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Splits the frontend's stream into messages: a start-up packet without a type, then a type byte and a length each. */
class FrontendReader {
  private pending = Buffer.alloc(0);
  private isStarted = false;
  /** What is polled has connections of its own, independently of requests. */
  isBeside = false;

  constructor(private readonly onMessage: (type: string) => void) {}

  read(chunk: Buffer): void {
    this.pending = Buffer.concat([this.pending, chunk]);
    for (;;) {
      const header = this.isStarted ? 1 : 0;
      if (this.pending.length < header + 4) return;
      const end = header + this.pending.readInt32BE(header);
      if (this.pending.length < end) return;
      if (!this.isStarted)
        this.isBeside = /tokenjar (feed|mail|events)/.test(this.pending.toString('latin1', 0, end));
      else if (!this.isBeside) this.onMessage(String.fromCharCode(this.pending[0] ?? 0));
      this.isStarted = true;
      this.pending = this.pending.subarray(end);
    }
  }
}

/** Splits the backend's stream into messages: a type byte and a length each. */
class BackendReader {
  private pending = Buffer.alloc(0);

  constructor(private readonly onMessage: (type: string) => void) {}

  read(chunk: Buffer): void {
    this.pending = Buffer.concat([this.pending, chunk]);
    while (this.pending.length >= 5) {
      const end = 1 + this.pending.readInt32BE(1);
      if (this.pending.length < end) return;
      this.onMessage(String.fromCharCode(this.pending[0] ?? 0));
      this.pending = this.pending.subarray(end);
    }
  }
}
