import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  BadRequestException,
  Body,
  type CanActivate,
  ConflictException,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  HttpException,
  type INestApplication,
  type LoggerService,
  Module,
  NotFoundException,
  Post,
  UnauthorizedException,
  UnprocessableEntityException,
  UseFilters,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IsInt } from 'class-validator';
import {
  Authenticated,
  isPublic,
  isTokenjarRoute,
  CurrentUser,
  Principal,
  ProblemFilter,
  Public,
  RequireFresh,
  RequireRole,
  TokenjarModule,
} from '../../src/index.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

class Order {
  @IsInt()
  amount!: number;
}

/** What the handlers of the host throw. */
const THROWN: readonly [status: number, sentence: string, thrown: () => HttpException][] = [
  [400, 'no such currency', () => new BadRequestException('no such currency')],
  [401, 'no badge', () => new UnauthorizedException('no badge')],
  [402, 'the card was declined', () => new HttpException('the card was declined', 402)],
  [403, 'not your order', () => new ForbiddenException({ message: 'not your order' })],
  [404, 'order 7 is gone', () => new NotFoundException('order 7 is gone')],
  [409, 'paid already', () => new ConflictException('paid already')],
  [422, 'too dear; too far', () => new UnprocessableEntityException(['too dear', 'too far'])],
  [503, 'no courier', () => new HttpException('no courier', 503)],
];

@Controller('orders')
class OrdersController {
  @Get('mine')
  @Authenticated()
  mine(@CurrentUser() me: Principal) {
    return { owner: me.userId, isPrincipal: me instanceof Principal };
  }

  @Get('offers')
  @Authenticated()
  @Public()
  offers(@CurrentUser() me: Principal | null) {
    return { for: me?.userId ?? null };
  }

  @Get('unguarded')
  unguarded(@CurrentUser() me: Principal) {
    return me;
  }

  @Get('clerks')
  @RequireRole('clerk')
  clerks() {
    return {};
  }

  @Get('failing/:status')
  @UseFilters(ProblemFilter)
  failing() {
    return {};
  }

  @Post()
  @UseFilters(ProblemFilter)
  add(@Body() { amount }: Order) {
    const [, , thrown] = THROWN.find(([status]) => status === amount) ?? [];
    if (thrown) throw thrown();
    return { amount };
  }
}

@Controller('catalogue')
@Public()
class CatalogueController {
  @Get()
  all() {
    return { for: 'everybody' };
  }

  @Get('drafts')
  @Authenticated()
  drafts(@CurrentUser() me: Principal | null) {
    return { for: me?.userId };
  }

  @Get('prices')
  @RequireFresh()
  prices() {
    return { for: 'somebody' };
  }
}

interface Asked {
  url: string;
  headers: Record<string, unknown>;
  body?: Record<string, unknown>;
}

/** A guard of the host for its whole app, which asks what it need not guard. */
class HostGuard implements CanActivate {
  readonly seen = new Map<string, string>();

  canActivate(context: ExecutionContext): boolean {
    const { url, headers, body } = context.switchToHttp().getRequest<Asked>();
    // As a parser of multipart forms does.
    if (headers['x-parts'] !== undefined && body) body.parts = { name: { fields: body } };
    this.seen.set(
      url,
      `${isTokenjarRoute(context) ? 'ours' : 'its own'}, ${isPublic(context) ? 'public' : 'guarded'}`,
    );
    return true;
  }
}

/** What Nest would print. */
class Lines implements LoggerService {
  readonly errors: unknown[] = [];
  log = () => undefined;
  warn = () => undefined;
  error = (...message: unknown[]) => void this.errors.push(message);
}

const adapters = { fastify: () => new FastifyAdapter(), express: () => new ExpressAdapter() };

describe.each(['fastify', 'express'] as const)('the routes of a host on %s', (platform) => {
  let database: TestDatabase;
  let app: INestApplication;
  let base: string;
  const guard = new HostGuard();
  const lines = new Lines();
  beforeAll(async () => {
    database = await createDatabase();
    @Module({
      imports: [TokenjarModule.forRoot({ ...database.settings, secretKey: SECRET_KEY, rateLimit: false })],
      controllers: [OrdersController, CatalogueController],
    })
    class HostModule {}
    app = await NestFactory.create(HostModule, adapters[platform]() as FastifyAdapter, {
      logger: lines,
      abortOnError: false,
    });
    app.useGlobalGuards(guard);
    app.useGlobalPipes(
      new ValidationPipe({ whitelist: true, transform: true, validateCustomDecorators: true }),
    );
    await app.listen(0, '127.0.0.1');
    base = (await app.getUrl()).replace('localhost', '127.0.0.1');
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function signedUp() {
    const browser = new Browser(base);
    const { body } = await browser.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    return { browser, id: (body.user as { id: unknown }).id };
  }

  test.each(THROWN)(
    'an exception %i keeps its status and says "%s" through ProblemFilter',
    async (status, detail) => {
      const answer = await new Browser(base).post('/orders', { amount: status });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ status, detail })]);
    },
  );

  test('what its pipe refuses is said', async () => {
    const answer = await new Browser(base).post('/orders', { amount: 'x' });
    expect([answer.status, answer.body.detail]).toEqual([400, 'amount must be an integer number']);
  });

  test('a principal passes a pipe that empties classes', async () => {
    const { browser, id } = await signedUp();
    expect((await browser.get('/orders/mine')).body).toEqual({ owner: id, isPrincipal: true });
  });

  test('a public route knows who asks, if somebody does', async () => {
    const { browser, id } = await signedUp();
    expect((await browser.get('/orders/offers')).body).toEqual({ for: id });
    const stranger = new Browser(base);
    expect((await stranger.get('/orders/offers')).body).toEqual({ for: null });
    for (const authorization of ['Bearer junk', 'junk', 'Bearer a b', `Bearer ${browser.accessToken}x`])
      expect((await stranger.get('/orders/offers', { headers: { authorization } })).body).toEqual({
        for: null,
      });
    await browser.post('/auth/logout');
    expect((await browser.get('/orders/offers')).body).toEqual({ for: null });
    expect((await stranger.get('/orders/mine')).status).toBe(401);
    expect((await stranger.get('/orders/unguarded')).status).toBe(500);
  });

  test('what we refuse there is no failure in its log', async () => {
    const before = lines.errors.length;
    const stranger = new Browser(base);
    for (const path of ['/orders/mine', '/orders/clerks', '/auth/user'])
      expect((await stranger.get(path)).status).toBe(401);
    expect(lines.errors.slice(before)).toEqual([]);
  });

  test('its guard sees which of our routes are public', async () => {
    const { browser } = await signedUp();
    for (const path of [
      '/auth/user',
      '/auth/session',
      '/.well-known/jwks.json',
      '/orders/mine',
      '/orders/offers',
    ])
      await browser.get(path);
    await browser.post('/auth/token/refresh');
    expect(Object.fromEntries(guard.seen)).toMatchObject({
      '/auth/registration': 'ours, public',
      '/auth/token/refresh': 'ours, public',
      '/.well-known/jwks.json': 'ours, public',
      '/auth/user': 'ours, guarded',
      '/auth/session': 'ours, guarded',
      '/orders/mine': 'its own, guarded',
      '/orders/offers': 'its own, public',
    });
  });

  test('bytes that are no UTF-8 are refused before they can fold to one password', async () => {
    const email = uniqueEmail();
    const bodyWith = (bytes: number[]) =>
      Buffer.concat([
        Buffer.from(`{"email":"${email}","password":"vkqzjxwpfhgb`),
        Buffer.from(bytes),
        Buffer.from('dmtr"}'),
      ]);
    const headers = { 'content-type': 'application/json' };
    for (const bytes of [[0xff], [0xfe], [0xc3], [0xed, 0xa0, 0x80]]) {
      const answer = await new Browser(base).send('POST', '/auth/registration', {
        body: bodyWith(bytes),
        headers,
      });
      expect([answer.status, answer.body.code]).toEqual([400, 'body_malformed']);
    }
    const form = Buffer.concat([
      Buffer.from(`email=${encodeURIComponent(email)}&password=vkqzjxwpfhgb`),
      Buffer.from([0xff]),
    ]);
    const formType = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await new Browser(base).send('POST', '/auth/registration', {
      body: form,
      headers: formType,
    });
    expect([answer.status, answer.body.code]).toEqual([400, 'body_malformed']);
  });

  test('a body whose parts have the body is read to its end', async () => {
    const answer = await new Browser(base).post(
      '/auth/login',
      { email: uniqueEmail(), password: PASSWORD },
      { headers: { 'x-parts': '1' } },
    );
    expect([answer.status, answer.body.code]).toEqual([401, 'bad_credentials']);
  });

  test('a route that demands an access token does so in a public controller', async () => {
    const stranger = new Browser(base);
    expect((await stranger.get('/catalogue')).body).toEqual({ for: 'everybody' });
    for (const path of ['/catalogue/drafts', '/catalogue/prices'])
      expect((await stranger.get(path)).status).toBe(401);
    const { browser, id } = await signedUp();
    expect((await browser.get('/catalogue/drafts')).body).toEqual({ for: id });
    expect((await browser.get('/catalogue/prices')).status).toBe(200);
  });

  test('an empty JSON body is no body', async () => {
    const { browser } = await signedUp();
    const headers = { 'content-type': 'application/json' };
    expect((await browser.send('POST', '/auth/token/refresh', { headers, body: '' })).status).toBe(200);
    expect((await browser.send('DELETE', '/auth/sessions', { headers })).status).toBe(204);
    const { status } = await browser.send('GET', '/.well-known/jwks.json', { headers });
    expect(status).toBe(200);
    expect((await browser.send('POST', '/auth/logout', { headers, body: '' })).status).toBe(204);
  });
});
