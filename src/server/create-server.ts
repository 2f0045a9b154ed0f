import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Adapter, readBodies } from './fastify-adapter.js';
import type { Options } from '../config/options.js';
import { corsFor } from '../http/cors.js';
import { DIALECT, type Dialect, lackingRoutes } from '../http/dialects/dialect.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RequestOutcomes } from '../http/request-outcomes.js';
import { RouteTable } from '../http/route-table.js';
import { NO_METRICS } from '../measures.js';
import { servePage } from './account-page.js';
import { type LoggedRequest, reportRequests } from './request-reports.js';
import { serveDocs } from './swagger.js';
import type { TokenjarParts } from '../tokenjar-parts.js';
import { ServerModule } from './server.module.js';

/** Where the server says what happens. */
export type RequestLogger = LoggerService & { request?(request: LoggedRequest): void };

/** Creates the server, ready to listen. @throws {SettingsError}, and errors of the database. */
export async function createServer(
  options: Options,
  logger: RequestLogger,
  parts?: TokenjarParts,
): Promise<NestFastifyApplication> {
  const { metrics = NO_METRICS } = parts ?? {};
  const adapter: Adapter = new Adapter(options, (): ProblemFilter => app.get(ProblemFilter));
  const app = await NestFactory.create<NestFastifyApplication>(
    ServerModule.forRoot(options, parts),
    adapter,
    { logger, abortOnError: false },
  );
  const { logRequests = options.production } = options;
  reportRequests(adapter, {
    outcomes: app.get(RequestOutcomes),
    metrics,
    options,
    log: logRequests ? (request) => logger.request?.(request) : undefined,
  });
  const dialect = app.get<Dialect>(DIALECT);
  rememberRoutes(adapter, app.get(RouteTable), lackingRoutes(dialect, options), options);
  readBodies(app, dialect);
  if (options.trustedOrigins.length > 0) app.enableCors(corsFor(options));
  if (options.docs ?? !options.production) serveDocs(app, options);
  if (options.accountPage) await servePage(app, options);
  return app;
}

/** Nest registers routes when it starts to listen, so recording them from here on is early enough. */
function rememberRoutes(
  adapter: Adapter,
  routes: RouteTable,
  lacking: readonly string[],
  { pathPrefix, providers }: Options,
): void {
  // Of these paths only those of the providers that there are count; others would hide unknown paths.
  const ofProviders = `/${pathPrefix}/:provider`.replace('//', '/');
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    const methods = [method].flat().filter((each) => !lacking.includes(`${each} ${url}`));
    const urls = url.startsWith(ofProviders)
      ? providers.map(({ id }) => url.replace(':provider', id))
      : [url];
    for (const each of urls) routes.add(methods, each);
  });
}
