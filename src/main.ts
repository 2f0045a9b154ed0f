#!/usr/bin/env node
import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readEnvironment } from './config/env.js';
import { explainFailure } from './failure.js';
import { createServer, ServerLogger } from './server.js';
import { VERSION } from './version.js';

/** Starts the server from the environment. */
async function main(): Promise<void> {
  const options = readEnvironment();
  const logger = new ServerLogger(options);
  const app = await createServer(options, logger);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void stop(app, options.shutdownTimeout));
  await app.listen(options.port, options.host);
  const url = (await app.getUrl()).replace(/\[::1\]|127\.0\.0\.1/, 'localhost');
  logger.log(`Tokenjar ${VERSION} listens on ${url}`, 'Tokenjar');
  if (options.docs ?? !options.production) logger.log(`Try it out: ${url}/${options.docsPath}`, 'Tokenjar');
}

/** Finishes what runs, then ends; what takes longer than `timeout` is cut off. **Unit** seconds. */
async function stop(app: NestFastifyApplication, timeout: number): Promise<void> {
  setTimeout(() => process.exit(1), timeout * 1000).unref();
  await app.close();
  process.exit(0);
}

main().catch((error: unknown) => {
  const lines = explainFailure(error);
  for (const line of lines ?? [error]) console.error(line);
  process.exit(1);
});
