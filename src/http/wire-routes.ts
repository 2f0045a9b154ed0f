import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SettingsError } from '../config/check.js';
import { OPTIONS, type Options } from '../config/options.js';
import { DIALECT, type Dialect, has, type WireRoute } from './dialects/dialect.js';
import { collisions, redirected } from './dialects/wire-paths.js';
import { HostGlobals } from './host-globals.js';
import { partsOf, type Route, under } from './operation-row.js';
import { FIXED_OPERATIONS, ROUTES, rowOf } from './operations.js';

/** The common part of the requests of Node that Fastify and Express have. */
interface Redirectable {
  url?: string | undefined;
  method?: string | undefined;
}
type ExpressApp = Record<
  string,
  (path: string, handler: (request: Redirectable, _: unknown, next: () => void) => void) => void
>;

const needsCookie = (id: string): boolean =>
  ROUTES.some((each) => each.id === id && rowOf(each.operation).cookie !== undefined);
const isBelow = (path: string, place: string): boolean =>
  `${path}/`.startsWith(place.endsWith('/') ? place : `${place}/`);

/** The paths of a host's wire: a request to one goes on as one to the route of ours, before its body is read. */
@Injectable()
export class WireRoutes {
  constructor(
    private readonly globals: HostGlobals,
    @Inject(DIALECT) private readonly dialect: Dialect,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** Before Nest registers its routes: Express asks them in their order. @throws {SettingsError} */
  register(): void {
    const { paths = [] } = this.dialect;
    const { cookiePath } = this.options;
    const outside = paths.filter(({ id, from }) => needsCookie(id) && !isBelow(partsOf(from)[1], cookiePath));
    if (outside.length > 0)
      throw new SettingsError([
        `COOKIE_PATH: ${cookiePath} does not cover ${outside.map(({ from }) => from).join(', ')} of the wire`,
      ]);
    const colliding = collisions(
      paths.map(({ from }) => from),
      this.ownRoutes(),
    );
    if (colliding.length > 0) throw new SettingsError(colliding);
    for (const route of paths) this.add(route);
  }

  /** As requests name them. Fastify would refuse another of the same; Express would ask the first one, whose it is. */
  private ownRoutes(): string[] {
    const routes = ROUTES.filter((each) => has(this.dialect, each)).map(({ route }) =>
      under(this.options.pathPrefix, route),
    );
    return [...routes, ...Object.values(FIXED_OPERATIONS).map(({ route }) => route)].map((route) => {
      const [verb, path] = partsOf(route as Route);
      return `${verb} ${this.globals.prefixOf(path)}${path}`;
    });
  }

  private add({ from, to }: WireRoute): void {
    const { httpAdapter } = this.globals;
    const [verb, path] = partsOf(from);
    const [ownVerb, ownPath] = partsOf(to);
    const below = this.options.pathPrefix === '' ? ownPath : `/${this.options.pathPrefix}${ownPath}`;
    const redirect = (request: Redirectable) => {
      request.url = redirected(request.url ?? '', path, this.globals.prefixOf(below) + below);
      request.method = ownVerb;
    };
    if (httpAdapter.getType() === 'fastify') {
      const server = httpAdapter.getInstance<FastifyInstance>();
      const onRequest = ({ raw }: FastifyRequest, reply: FastifyReply) => {
        reply.hijack();
        redirect(raw);
        server.routing(raw, reply.raw);
      };
      server.route({ method: verb, url: path, exposeHeadRoute: false, onRequest, handler: () => undefined });
    } else
      httpAdapter.getInstance<ExpressApp>()[verb.toLowerCase()]?.(path, (request, _, next) => {
        redirect(request);
        next();
      });
  }
}
