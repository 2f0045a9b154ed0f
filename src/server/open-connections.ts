import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Turns of the event loop without a new connection after which none is taken to wait. */
const QUIET_TURNS = 3;
/** **Unit** milliseconds. */
const LONGEST_QUEUE_MS = 1000;

/**
 * The connections of a server, and what is under way on them.
 *
 * Node closes those that are idle, and waits for the others for ever: also for one on which nothing was ever asked, as
 * browsers open them ahead, and for one whose request never comes to its end.
 */
export class OpenConnections {
  private readonly sockets = new Set<Socket>();
  private readonly answers = new WeakMap<Socket, ServerResponse>();

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('request', ({ socket }, response) => this.answers.set(socket, response));
  }

  /** Closes those on which nothing was asked. */
  closeIdle(): void {
    this.server.closeIdleConnections();
    for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Closes those, too, on which a request has begun to arrive and has not arrived. */
  closeUnasked(): void {
    for (const socket of this.sockets) {
      const answer = this.answers.get(socket);
      if (answer === undefined || answer.writableFinished || !answer.req.complete) socket.destroy();
    }
  }

  /**
   * Waits until the connections that wait in the system's queue are taken: whoever stops to listen resets them, and
   * Node takes one in each turn of its loop.
   */
  async takeWaiting(): Promise<void> {
    let taken = 0;
    const note = () => void taken++;
    this.server.on('connection', note);
    const giveUpAt = performance.now() + LONGEST_QUEUE_MS;
    for (let quiet = 0, before = 0; quiet < QUIET_TURNS && performance.now() < giveUpAt; before = taken) {
      await nextTurn();
      quiet = taken === before ? quiet + 1 : 0;
    }
    this.server.off('connection', note);
  }
}
