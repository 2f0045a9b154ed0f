import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Adapter } from './fastify-adapter.js';
import type { Options } from '../config/options.js';
import { Readiness } from '../housekeeping/readiness.js';

export const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/**
 * A terminal and npm both pass Ctrl-C on, so one press arrives twice; a later one is meant. **Unit** milliseconds.
 */
export const SAME_PRESS_MS = 500;
/** How often connections that have nothing under way any more are closed. **Unit** milliseconds. */
const SWEEP_MS = 50;

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
  const delay = new AbortController();
  let heardAt: number | undefined;
  const stop = async () => {
    app.get(Readiness).expect('the server is not stopping', () => false);
    (app.getHttpAdapter() as Adapter).isStopping = true;
    if (shutdownDelay > 0)
      await wait(shutdownDelay * 1000, undefined, { signal: delay.signal }).catch(() => undefined);
    delay.abort();
    setTimeout(() => process.exit(1), shutdownTimeout * 1000).unref();
    await closeServer(app);
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
async function closeServer(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpServer();
  const sweeper = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  try {
    await app.close();
  } finally {
    clearInterval(sweeper);
  }
}
