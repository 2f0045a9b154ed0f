import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Options } from '../config/options.js';
import { Readiness } from '../housekeeping/readiness.js';
import type { Adapter } from './fastify-adapter.js';
import { OpenConnections } from './open-connections.js';

export const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/**
 * A terminal and npm both pass on Ctrl-C, so a single press arrives twice; a later signal is deliberate. **Unit**
 * milliseconds.
 */
export const SAME_PRESS_MS = 500;
/**
 * After a drain, how long a connection that is kept alive may wait for one more request, whose response closes it. A proxy
 * that sends one just when the connection is closed gets no response, and repeats no POST. **Unit** milliseconds.
 */
const LAST_REQUEST_MS = 1000;
/** How often idle connections are closed. **Unit** milliseconds. */
const SWEEP_MS = 50;
/**
 * How long to wait for an incomplete request: a client that sends half of one must not delay the shutdown. **Unit**
 * milliseconds.
 */
const ARRIVAL_MS = 3000;

/**
 * Ends the process on a signal during startup. The first process of a container ignores signals without a handler.
 *
 * @returns a function that removes the handlers.
 */
export function endOnSignals(): () => void {
  const end = () => process.exit(0);
  for (const signal of STOP_SIGNALS) process.on(signal, end);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, end);
  };
}

/** `DRAIN_TIME` in production, where a load balancer may still send requests for a while. **Unit** seconds. */
const DRAIN_IN_PRODUCTION = 2;

/** The time between the signal and the end of new connections. **Unit** seconds. */
export const drainTimeOf = ({ drainTime, production }: Pick<Options, 'drainTime' | 'production'>): number =>
  drainTime ?? (production ? DRAIN_IN_PRODUCTION : 0);

/**
 * Ends the process on a signal. `/health/ready` reports it immediately; after `DRAIN_TIME` no new connections are
 * accepted, every response closes its connection, and requests in progress get up to `SHUTDOWN_TIMEOUT`.
 *
 * Connections are kept alive until then: a proxy without them would open new ones, up to the moment of the first refusal.
 *
 * A second signal ends that time, a third one the requests in progress.
 */
export function stopOnSignals(
  app: NestFastifyApplication,
  options: Pick<Options, 'drainTime' | 'production' | 'shutdownTimeout'>,
  logger: LoggerService,
): void {
  const connections = new OpenConnections(app.getHttpServer());
  const drainTime = drainTimeOf(options);
  const draining = new AbortController();
  let heardAt: number | undefined;
  const stop = async () => {
    app.get(Readiness).expect('the server is not stopping', () => false);
    if (drainTime > 0)
      await wait(drainTime * 1000, undefined, { signal: draining.signal }).catch(() => undefined);
    draining.abort();
    setTimeout(() => process.exit(1), options.shutdownTimeout * 1000).unref();
    const idleFor = drainTime > 0 ? Math.min(LAST_REQUEST_MS, options.shutdownTimeout * 250) : 0;
    await closeServer(app, connections, idleFor);
    process.exit(0);
  };
  const hear = () => {
    if (heardAt === undefined) {
      heardAt = performance.now();
      stop().catch((error: unknown) => {
        logger.error(`The shutdown failed: ${String(error)}`, 'Tokenjar');
        process.exit(1);
      });
    } else if (performance.now() - heardAt > SAME_PRESS_MS) {
      heardAt = performance.now();
      if (draining.signal.aborted) process.exit(1);
      draining.abort();
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, hear);
}

/**
 * Stops listening in the very turn in which nobody waits to be accepted: what is in the system's queue then is reset.
 * The parts of the app end after the last request.
 *
 * @param idleFor how long connections without a request stay open. **Unit** milliseconds.
 */
export async function closeServer(
  app: NestFastifyApplication,
  connections: OpenConnections,
  idleFor = 0,
): Promise<void> {
  await connections.takeWaiting();
  const closed = connections.stopListening();
  (app.getHttpAdapter() as Adapter).isStopping = true;
  const stoppedAt = performance.now();
  const sweep = () => {
    const time = performance.now() - stoppedAt;
    if (time >= idleFor) connections.closeIdle();
    if (time > ARRIVAL_MS) connections.closeUnasked();
  };
  // After what has arrived was read: a connection with an unread request would be reset.
  const sweeper = setInterval(() => setImmediate(sweep), SWEEP_MS);
  try {
    await closed;
    await app.close();
  } finally {
    clearInterval(sweeper);
  }
}
