#!/usr/bin/env node
import 'reflect-metadata';
import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readEnvironment } from './config/env.js';
import type { Options } from './config/options.js';
import type { PrometheusMetrics } from './metrics/prometheus-metrics.js';
import { explainFailure } from './server/startup-error.js';
import { ServerLogger } from './server/logger.js';
import { endOnSignals, stopOnSignals } from './server/stopping.js';
import { VERSION } from './version.js';
import { runWorkers } from './server/cluster.js';

// Under load V8 otherwise decides to allocate parts of a request in the old generation. Once dead, they keep alive all
// that they refer to until the next full collection: scavenges took four times as long (docs/performance.md).
setFlagsFromString('--no-allocation-site-pretenuring');
// A start lets the young generation grow as if it were load, and V8 gives nothing of it back: 20 MiB that an idle process
// would keep. From the first request on it grows as usual.
setFlagsFromString('--semi-space-growth-factor=1');
const letYoungGenerationGrow = () => setFlagsFromString('--semi-space-growth-factor=2');
// V8 otherwise lets garbage grow to several times of what is in use. Beside PostgreSQL in the same process that is too
// much, and what it saves is little beside the time that PostgreSQL takes there.
const keepHeapSmall = () => setFlagsFromString('--heap-growing-percent=20');

/** Starts the server from the environment: in this process, or in several with `WEB_CONCURRENCY`. */
async function main(): Promise<void> {
  const options = readEnvironment();
  if (isEmbedded(options)) keepHeapSmall();
  if (cluster.isWorker) return serveAsWorker(options);
  const logger = new ServerLogger(options);
  if (options.webConcurrency === 1) return serve(options, logger);
  if (options.metricsPort !== undefined) {
    const { WorkerMetrics } = await import('./metrics/worker-metrics.js');
    const metrics = new WorkerMetrics();
    await publish(() => metrics.text(), options, logger);
  }
  const code = await runWorkers(options, logger, (port) =>
    announce(urlOf(options.host, port), options, logger),
  );
  process.exit(code);
}

async function serve(options: Options, logger: ServerLogger): Promise<void> {
  const metrics = await metricsFor(options);
  if (metrics) await publish(() => metrics.text(), options, logger);
  const app = await listen(options, logger, metrics);
  const url = (await app.getUrl()).replace(/\[::1\]|127\.0\.0\.1/, 'localhost');
  announce(url, options, logger);
  const { FirstAdmin } = await import('./invitations/first-admin.js');
  const link = await app.get(FirstAdmin).trialLink(url);
  if (link !== undefined) logger.log(`Become its admin (works once, within 24 hours): ${link}`, 'Tokenjar');
}

/** Only the first process reports what all of them would. */
async function serveAsWorker(options: Options): Promise<void> {
  const logger = new ServerLogger(options);
  const isFirst = cluster.worker?.id === 1;
  if (!isFirst) logger.setLogLevels(['error', 'fatal']);
  const metrics = await metricsFor(options);
  if (metrics) {
    const { answerWith } = await import('./metrics/worker-metrics.js');
    answerWith(metrics.registry);
  }
  await listen(options, logger, metrics);
  if (!isFirst) logger.setLogLevels(['log', 'warn', 'error', 'fatal']);
}

async function metricsFor({ metricsPort }: Options): Promise<PrometheusMetrics | undefined> {
  if (metricsPort === undefined) return undefined;
  const { PrometheusMetrics } = await import('./metrics/prometheus-metrics.js');
  return new PrometheusMetrics().watchProcess();
}

async function publish(read: () => Promise<string>, options: Options, logger: ServerLogger): Promise<void> {
  const { serveMetrics } = await import('./metrics/metrics-server.js');
  const { url } = await serveMetrics(read, options);
  logger.log(`Metrics are at ${url}`, 'Tokenjar');
}

async function listen(
  options: Options,
  logger: ServerLogger,
  metrics: PrometheusMetrics | undefined,
): Promise<NestFastifyApplication> {
  const giveUpSignals = endOnSignals();
  // Loaded late, so that invalid settings are reported at once and the primary process of a cluster stays small.
  const { createServer } = await import('./server/create-server.js');
  const app = await createServer(options, logger, metrics && { metrics });
  stopOnSignals(app, options, logger);
  giveUpSignals();
  await app.listen(options.port, options.host);
  if (!isEmbedded(options)) letYoungGenerationGrow();
  return app;
}

const isEmbedded = ({ databaseUrl }: Options): boolean => databaseUrl === undefined;

function announce(url: string, options: Options, logger: ServerLogger): void {
  const processes = options.webConcurrency > 1 ? ` with ${options.webConcurrency} processes` : '';
  logger.log(`Tokenjar ${VERSION} listens on ${url}${processes}`, 'Tokenjar');
  if (options.accountPage && options.refreshTokenIn !== 'body')
    logger.log(`Sign up, sign in: ${url}`, 'Tokenjar');
  if (options.docs ?? !options.production) logger.log(`Try it out: ${url}/${options.docsPath}`, 'Tokenjar');
}

const urlOf = (host: string, port: number): string =>
  `http://${/^(127\.0\.0\.1|::1)$/.test(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;

main().catch((error: unknown) => {
  const lines = explainFailure(error);
  for (const line of lines ?? [error]) console.error(line);
  process.exit(1);
});
