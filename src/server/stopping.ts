import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Options } from '../config/options.js';
import { Readiness } from '../housekeeping/readiness.js';
import type { Adapter } from './fastify-adapter.js';
import { OpenConnections } from './open-connections.js';

export const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/**
 * A terminal and npm both pass Ctrl-C on, so one press arrives twice; a later one is meant. **Unit** milliseconds.
 */
export const SAME_PRESS_MS = 500;
/** How often connections that have nothing under way any more are closed. **Unit** milliseconds. */
const SWEEP_MS = 50;
/**
 * How long a request is waited for that has begun to arrive: a stranger who sends half of one must not decide how a
 * stop ends. **Unit** milliseconds.
 */
const ARRIVAL_MS = 3000;

/**
 * Ends a process that is told to stop while it starts.
 *
 * The first process of a container is not ended by a signal that it does not hear.
 *
 * @returns what gives the signals up to somebody else.
 */
export function endOnSignals(): () => void {
  const end = () => process.exit(0);
  for (const signal of STOP_SIGNALS) process.on(signal, end);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, end);
  };
}

/**
 * Ends the process when it is told to: `/health/ready` says so at once, `SHUTDOWN_DELAY` later nothing new is taken, and
 * what is under way finishes, for `SHUTDOWN_TIMEOUT` at most. From the first moment every answer closes its connection.
 *
 * A second signal ends the delay, a further one what is under way.
 */
export function stopOnSignals(
  app: NestFastifyApplication,
  { shutdownDelay, shutdownTimeout }: Pick<Options, 'shutdownDelay' | 'shutdownTimeout'>,
  logger: LoggerService,
): void {
  const connections = new OpenConnections(app.getHttpServer());
  const delay = new AbortController();
  let heardAt: number | undefined;
  const stop = async () => {
    app.get(Readiness).expect('the server is not stopping', () => false);
    (app.getHttpAdapter() as Adapter).isStopping = true;
    if (shutdownDelay > 0)
      await wait(shutdownDelay * 1000, undefined, { signal: delay.signal }).catch(() => undefined);
    delay.abort();
    setTimeout(() => process.exit(1), shutdownTimeout * 1000).unref();
    await closeServer(app, connections);
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
      if (delay.signal.aborted) process.exit(1);
      delay.abort();
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, hear);
}

/** Node closes idle connections once, as it stops to listen; one that was busy then would be waited for. */
async function closeServer(app: NestFastifyApplication, connections: OpenConnections): Promise<void> {
  await connections.takeWaiting();
  const arrivedUntil = performance.now() + ARRIVAL_MS;
  const sweeper = setInterval(() => {
    connections.closeIdle();
    if (performance.now() > arrivedUntil) connections.closeUnasked();
  }, SWEEP_MS);
  try {
    await app.close();
  } finally {
    clearInterval(sweeper);
  }
}
