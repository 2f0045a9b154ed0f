import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ArgumentsHost,
  BadGatewayException,
  type CallHandler,
  type CanActivate,
  Catch,
  ConflictException,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  Module,
  type NestInterceptor,
  type PipeTransform,
  ServiceUnavailableException,
  UnauthorizedException,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { catchError, map, type Observable, of, type OperatorFunction, retry, throwError } from 'rxjs';
import { Authenticated, CurrentUser, Principal, TokenjarModule } from '../../src/index.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { expectProblem } from '../support/problem.js';

interface Asked {
  headers: Record<string, string | undefined>;
}
const requestOf = (context: ArgumentsHost) => context.switchToHttp().getRequest<Asked>();

/** Of the host's own. */
class TenantLocked extends Error {}

/** What the host throws where a test asks it to. */
const THROWN: Readonly<Record<string, () => Error>> = {
  unauthorized: () => new UnauthorizedException('no badge'),
  forbidden: () => new ForbiddenException('not from here'),
  conflict: () => new ConflictException('in use'),
  throttled: () => new HttpException('slow down', 429),
  unavailable: () => new ServiceUnavailableException('in maintenance'),
  locked: () => new TenantLocked('the tenant is locked'),
  failure: () => new Error('a secret of the host'),
};
const throwAt = (place: string, context: ArgumentsHost) => {
  const [where, what = ''] = (requestOf(context).headers['x-throw'] ?? '').split(' ');
  const thrown = where === place ? THROWN[what]?.() : undefined;
  if (thrown) throw thrown;
};

class HostGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    throwAt('guard', context);
    return true;
  }
}

/** Wraps what is answered, and remembers it by its path, as a cache of the host does. */
class HostInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    throwAt('interceptor', context);
    return next.handle().pipe(
      map((data: unknown) => {
        throwAt('afterwards', context);
        return { data };
      }),
      this.onError(requestOf(context).headers['x-on-error']),
    );
  }

  /** What Nest's documentation shows for exceptions. */
  private onError(what = ''): OperatorFunction<unknown, unknown> {
    if (what === 'maps') return catchError(() => throwError(() => new BadGatewayException()));
    if (what === 'swallows') return catchError(() => of(null));
    return what === 'retries' ? retry(1) : (same) => same;
  }
}

/** Makes an object of its own of whatever it is given. */
class HostPipe implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'object' && value !== null && !(value instanceof Principal) ? {} : value;
  }
}

@Catch(TenantLocked)
@Injectable()
class TenantFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(locked: TenantLocked, context: ArgumentsHost): void {
    this.host.httpAdapter.reply(context.switchToHttp().getResponse(), { tenant: locked.message }, 423);
  }
}

@Controller('notes')
class NotesController {
  @Get('mine')
  @Authenticated()
  mine(@CurrentUser() me: Principal) {
    return { owner: me.userId };
  }
}

const adapters = { fastify: () => new FastifyAdapter(), express: () => new ExpressAdapter() };

describe.each(['fastify', 'express'] as const)('a host on %s with globals of its own', (platform) => {
  let database: TestDatabase;
  let app: INestApplication;
  let base: string;
  beforeAll(async () => {
    database = await createDatabase();
    @Module({
      imports: [TokenjarModule.forRoot({ ...database.settings, secretKey: SECRET_KEY, rateLimit: false })],
      controllers: [NotesController],
    })
    class HostModule {}
    app = await NestFactory.create(HostModule, adapters[platform]() as FastifyAdapter, {
      logger: false,
      abortOnError: false,
    });
    app.setGlobalPrefix('api');
    app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    app.useGlobalPipes(
      new ValidationPipe({ whitelist: true, transform: true, validateCustomDecorators: true }),
      new HostPipe(),
    );
    app.useGlobalGuards(new HostGuard());
    app.useGlobalInterceptors(new HostInterceptor());
    app.useGlobalFilters(new TenantFilter(app.get(HttpAdapterHost)));
    await app.listen(0, '127.0.0.1');
    base = (await app.getUrl()).replace('localhost', '127.0.0.1');
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function signedUp(): Promise<Browser> {
    const browser = new Browser(base);
    const { status, text } = await browser.post('/api/auth/registration', {
      email: uniqueEmail(),
      password: PASSWORD,
    });
    expect([status, text]).toEqual([201, expect.stringContaining('access_token')]);
    return browser;
  }

  test('finds our routes below its prefix, of no version', async () => {
    const browser = await signedUp();
    expect((await browser.get('/api/auth/session')).status).toBe(200);
    expect((await browser.get('/api/v1/auth/session')).status).toBe(404);
    expect((await browser.get('/api/.well-known/jwks.json')).body).toEqual({ keys: expect.anything() });
  });

  test('gets what we answer as it is, whatever its interceptors make of answers', async () => {
    const browser = await signedUp();
    expect((await browser.get('/api/auth/user')).body).toEqual(
      expect.objectContaining({ id: expect.anything() }),
    );
    expect((await browser.get('/api/v1/notes/mine')).body).toEqual({ data: { owner: expect.anything() } });
  });

  test('its pipes change nothing that we have read', async () => {
    const browser = await signedUp();
    const other = new Browser(base);
    const { body } = await browser.get('/api/auth/user');
    await other.post('/api/auth/login', { email: body.email, password: PASSWORD });
    expect((await browser.get('/api/auth/sessions')).body).toHaveLength(2);
    expect((await browser.delete('/api/auth/sessions')).status).toBe(204);
    expect((await browser.get('/api/auth/sessions')).body).toHaveLength(1);
    expect((await other.post('/api/auth/token/refresh')).status).toBe(401);
    expect((await browser.get('/api/v1/notes/mine')).body).toEqual({ data: { owner: body.id } });
  });

  test.each([
    ['unauthorized', 401, 'no badge'],
    ['forbidden', 403, 'not from here'],
    ['conflict', 409, 'in use'],
    ['throttled', 429, 'slow down'],
    ['unavailable', 503, 'in maintenance'],
  ])('its exception %s on our routes keeps its status %i and its sentence', async (what, status, detail) => {
    for (const place of ['guard', 'interceptor']) {
      const browser = await signedUp();
      for (const [method, path] of [
        ['GET', '/api/auth/user'],
        ['POST', '/api/auth/token/refresh'],
      ] as const) {
        const answer = await browser.send(method, path, { headers: { 'x-throw': `${place} ${what}` } });
        expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ status, detail })]);
      }
    }
  });

  test('an interceptor that refuses an answer gives no cookie of it away, and loses no session', async () => {
    const browser = await signedUp();
    const { body } = await browser.get('/api/auth/user');
    const refused = { headers: { 'x-throw': 'afterwards conflict' } };
    const login = { email: body.email, password: PASSWORD };
    for (const answer of [
      await browser.post('/api/auth/token/refresh', undefined, refused),
      await new Browser(base).post('/api/auth/login', login, refused),
    ]) {
      expect([answer.status, answer.setCookie]).toEqual([409, []]);
      expect(answer.text).not.toContain('access_token');
    }
    expect((await browser.post('/api/auth/token/refresh')).status).toBe(200);
  });

  test.each(['maps', 'swallows', 'retries'])(
    'an interceptor that %s exceptions does so to none of our errors',
    async (what) => {
      const browser = await signedUp();
      const headers = { 'x-on-error': what };
      const answer = await browser.post(
        '/api/auth/login',
        { email: uniqueEmail(), password: PASSWORD },
        { headers },
      );
      expectProblem(answer, 'bad_credentials');
      const cookie = await browser.refreshCookie();
      await browser.post('/api/auth/logout');
      await browser.setRefreshCookie(String(cookie));
      const dead = await browser.post('/api/auth/token/refresh', undefined, { headers });
      expectProblem(dead, 'token_blacklisted');
      expect(dead.setCookie).toEqual([expect.stringContaining('Max-Age=0')]);
      expect((await browser.get('/api/v1/notes/mine', { headers })).status).toBe(401);
    },
  );

  test('its filter words its own exceptions on our routes, and a failure says nothing', async () => {
    const browser = await signedUp();
    const answer = await browser.get('/api/auth/user', { headers: { 'x-throw': 'guard locked' } });
    expect([answer.status, answer.body]).toEqual([423, { tenant: 'the tenant is locked' }]);
    const failed = await browser.get('/api/auth/user', { headers: { 'x-throw': 'guard failure' } });
    expect([failed.status, failed.text]).toEqual([500, expect.not.stringContaining('secret')]);
  });
});
