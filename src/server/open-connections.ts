import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The number of event loop turns without a new connection after which the backlog counts as empty. */
const QUIET_TURNS = 3;
/** A longer turn does not count: connections that came meanwhile may be in the backlog. **Unit** milliseconds. */
const SHORT_TURN_MS = 0.5;
/** **Unit** milliseconds. */
const LONGEST_QUEUE_MS = 1000;
/**
 * How old a connection without any request has to be to be closed: on a new one, the first request is on its way.
 * **Unit** milliseconds.
 */
const YOUNG_MS = 500;

/**
 * The connections of a server, and the requests in progress on them.
 *
 * Node closes idle connections, and waits indefinitely for the others, including those that browsers open in advance
 * without a request, and those whose request is never completed.
 */
export class OpenConnections {
  /** Since when each is open. **Unit** milliseconds. */
  private readonly sockets = new Map<Socket, number>();
  private readonly answers = new WeakMap<Socket, ServerResponse>();

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.sockets.set(socket, performance.now());
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('request', ({ socket }, response) => this.answers.set(socket, response));
  }

  /** Refuses new connections from now on. @returns when the open ones have ended. */
  stopListening(): Promise<void> {
    // That of node:http would first close the idle connections. Closing twice is no error here.
    return new Promise((done) => NetServer.prototype.close.call(this.server, () => done()));
  }

  /** Closes connections without a request. */
  closeIdle(): void {
    this.server.closeIdleConnections();
    const oldEnough = performance.now() - YOUNG_MS;
    for (const [socket, since] of this.sockets)
      if (socket.bytesRead === 0 && since < oldEnough) socket.destroy();
  }

  /** Also closes those on which a request is incomplete. */
  closeUnasked(): void {
    for (const socket of this.sockets.keys()) {
      const answer = this.answers.get(socket);
      if (answer === undefined || answer.writableFinished || !answer.req.complete) socket.destroy();
    }
  }

  /**
   * Waits until the connections in the system's backlog are accepted. Closing the socket would reset them, and Node
   * accepts one per turn of its event loop.
   */
  async takeWaiting(): Promise<void> {
    let taken = 0;
    const note = () => void taken++;
    this.server.on('connection', note);
    const giveUpAt = performance.now() + LONGEST_QUEUE_MS;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < giveUpAt;) {
      const [before, beganAt] = [taken, performance.now()];
      await nextTurn();
      quiet = taken === before && performance.now() - beganAt < SHORT_TURN_MS ? quiet + 1 : 0;
    }
    this.server.off('connection', note);
  }
}
