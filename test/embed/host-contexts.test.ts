import { on, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Module,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { Field, GraphQLModule, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import { firstValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import {
  AccessGuard,
  Authenticated,
  CurrentUser,
  Principal,
  ProblemFilter,
  Public,
  RequireFresh,
  RequireLevel,
  RequireRole,
  TokenjarModule,
} from '../../src/index.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

@ObjectType()
class Note {
  @Field(() => Int)
  owner!: number;
}

@Resolver(() => Note)
class NotesResolver {
  @Query(() => Note)
  @UseGuards(AccessGuard)
  mine(@CurrentUser() me: Principal): Note {
    return { owner: me.userId };
  }

  @Query(() => Note)
  @RequireRole('clerk')
  clerks(): Note {
    return { owner: 0 };
  }

  @Query(() => Int)
  @UseGuards(AccessGuard)
  @Public()
  visitor(@CurrentUser() me: Principal | null): number {
    return me?.userId ?? 0;
  }
}

/** As docs/nestjs.md shows it. */
const HANDSHAKES = new WeakMap<object, IncomingMessage>();

@Injectable()
class SocketGuard extends AccessGuard {
  override getRequest(context: ExecutionContext) {
    return { headers: HANDSHAKES.get(context.switchToWs().getClient<object>())?.headers ?? {} };
  }
}

/** Hands over all of the handshake, which is the same for every message. */
@Injectable()
class HandshakeGuard extends AccessGuard {
  override getRequest(context: ExecutionContext) {
    return HANDSHAKES.get(context.switchToWs().getClient<object>()) ?? { headers: {} };
  }
}

/** A connection on which several users speak. */
@Injectable()
class SpokenGuard extends AccessGuard {
  override getRequest(context: ExecutionContext) {
    const { token } = context.switchToWs().getData<{ token: string }>();
    return { headers: { authorization: `Bearer ${token}` } };
  }
}

/** Has the first message wait for the second. */
@Injectable()
class TurnGuard implements CanActivate {
  private let: () => void = () => undefined;

  canActivate(context: ExecutionContext): true | Promise<true> {
    const { isFirst } = context.switchToWs().getData<{ isFirst?: boolean }>();
    if (isFirst) return new Promise((done) => (this.let = () => done(true)));
    this.let();
    return true;
  }
}

@Injectable()
class MessageGuard extends AccessGuard {
  override getRequest(context: ExecutionContext) {
    const { token } = context.switchToRpc().getData<{ token?: string }>();
    return { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
  }
}

@WebSocketGateway({ path: '/live' })
@UseFilters(ProblemFilter)
class NotesGateway implements OnGatewayConnection {
  handleConnection(client: object, request: IncomingMessage): void {
    HANDSHAKES.set(client, request);
  }

  @SubscribeMessage('mine')
  @UseGuards(SocketGuard)
  mine(@CurrentUser() me: Principal) {
    return { event: 'mine', data: me.userId };
  }

  @SubscribeMessage('spoken')
  @UseGuards(SpokenGuard, TurnGuard)
  spoken(@CurrentUser() me: Principal, @MessageBody() { of }: { of: number }) {
    return { event: 'spoken', data: { of, owner: me.userId } };
  }

  @SubscribeMessage('also mine')
  @UseGuards(HandshakeGuard)
  alsoMine(@CurrentUser() me: Principal) {
    return { event: 'also mine', data: me.userId };
  }

  @SubscribeMessage('perhaps mine')
  @UseGuards(HandshakeGuard)
  @Public()
  perhapsMine(@CurrentUser() me: Principal | null) {
    return { event: 'perhaps mine', data: me?.userId ?? 0 };
  }

  @SubscribeMessage('unknown')
  @UseGuards(AccessGuard)
  unknown() {
    return { event: 'unknown', data: 'let in' };
  }
}

@Controller()
class MessagesController {
  @MessagePattern('mine')
  @UseGuards(MessageGuard)
  @UseFilters(ProblemFilter)
  mine(@CurrentUser() me: Principal, @Payload() { of }: { of: string }) {
    return { of, owner: me.userId };
  }

  @MessagePattern('ping')
  @Public()
  ping(@CurrentUser() me: Principal | null) {
    return { pong: me };
  }

  @MessagePattern('unguarded')
  unguarded() {
    return 'let in';
  }

  @Get('open')
  @Public()
  open() {
    return { open: true };
  }
}

/** Controllers share this handler, and each says who may come. */
class Shelf {
  @Get('books')
  books() {
    return { books: true };
  }
}
@Controller('reading-room')
@Authenticated()
@Public()
class ReadingRoom extends Shelf {}
@Controller('library')
@Authenticated()
class Library extends Shelf {}
@Controller('archive')
@RequireRole('clerk')
class Archive extends Shelf {}
@Controller('vault')
@RequireLevel('aal2')
class Vault extends Shelf {}
@Controller('front-desk')
@RequireFresh()
class FrontDesk extends Shelf {}

let database: TestDatabase;
let app: NestFastifyApplication;
let browser: Browser;
let id: unknown;
const errors: unknown[] = [];
let messages: ReturnType<typeof ClientProxyFactory.create>;

beforeAll(async () => {
  database = await createDatabase();
  @Module({
    imports: [
      TokenjarModule.forRoot({
        ...database.settings,
        secretKey: SECRET_KEY,
        rateLimit: false,
        apiKeys: true,
      }),
      GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, autoSchemaFile: true }),
    ],
    controllers: [MessagesController, ReadingRoom, FrontDesk, Library, Archive, Vault],
    providers: [NotesResolver, NotesGateway, MessageGuard, SocketGuard, HandshakeGuard, SpokenGuard],
  })
  class HostModule {}
  app = await NestFactory.create<NestFastifyApplication>(HostModule, new FastifyAdapter(), {
    logger: {
      log: () => undefined,
      warn: () => undefined,
      error: (...said: unknown[]) => void errors.push(said),
    },
    abortOnError: false,
  });
  app.useWebSocketAdapter(new WsAdapter(app));
  const service = app.connectMicroservice<MicroserviceOptions>(
    { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
    { inheritAppConfig: true },
  );
  await app.startAllMicroservices();
  const { port } = service.unwrap<{ address(): { port: number } }>().address();
  messages = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  await app.listen(0, '127.0.0.1');
  browser = new Browser((await app.getUrl()).replace('localhost', '127.0.0.1'));
  const { body } = await browser.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
  ({ id } = body.user as { id: unknown });
});
afterAll(async () => {
  messages.close();
  await app.close();
  await database.drop();
});

test('of a handler that controllers share, each says who may come', async () => {
  const at = async (by: Browser, ...places: string[]) => {
    const statuses: Record<string, number> = {};
    // Whatever the first time has left behind.
    for (const place of [...places, ...places.toReversed()])
      statuses[place] = (await by.get(`/${place}/books`)).status;
    return statuses;
  };
  const places = ['reading-room', 'front-desk', 'library', 'archive', 'vault'];
  expect(await at(browser, ...places)).toEqual({
    'reading-room': 200,
    'front-desk': 200,
    library: 200,
    archive: 403,
    vault: 401,
  });
  expect(await at(new Browser(browser.base), ...places)).toEqual({
    'reading-room': 200,
    'front-desk': 401,
    library: 401,
    archive: 401,
    vault: 401,
  });
});

describe('in GraphQL', () => {
  const ask = async (by: Browser, query: string) => {
    const { body } = await by.post('/graphql', { query });
    return { data: body.data, error: (body.errors as { message: string }[] | undefined)?.[0]?.message };
  };

  test('the guard reads the request of a resolver', async () => {
    expect(await ask(browser, '{ mine { owner } visitor }')).toEqual({
      data: { mine: { owner: id }, visitor: id },
      error: undefined,
    });
    const stranger = new Browser(browser.base);
    expect(await ask(stranger, '{ visitor }')).toEqual({ data: { visitor: 0 }, error: undefined });
    expect((await ask(stranger, '{ mine { owner } }')).error).toMatch(/^An access token is required/);
    expect((await ask(browser, '{ clerks { owner } }')).error).toMatch(/permission/);
  });
});

describe('over WebSockets', () => {
  const connect = async (headers: Record<string, string> = {}) => {
    const socket = new WebSocket(`${browser.base.replace('http', 'ws')}/live`, { headers });
    await once(socket, 'open');
    const messages = on(socket, 'message');
    const next = async (): Promise<unknown> => {
      const [text] = (await messages.next()).value as [Buffer];
      return JSON.parse(text.toString());
    };
    const send = (event: string, data: object) => socket.send(JSON.stringify({ event, data }));
    const say = (event: string, data: object = {}): Promise<unknown> => {
      send(event, data);
      return next();
    };
    return { send, next, say, close: () => socket.close() };
  };
  const say = async (event: string, headers: Record<string, string>): Promise<unknown> => {
    const connection = await connect(headers);
    try {
      return await connection.say(event);
    } finally {
      connection.close();
    }
  };

  test('a guard of the host says what holds the headers', async () => {
    const authorization = `Bearer ${browser.accessToken}`;
    expect(await say('mine', { authorization })).toEqual({ event: 'mine', data: id });
    expect(await say('mine', {})).toMatchObject({
      event: 'exception',
      data: { status: 'error', code: 'access_missing' },
    });
  });

  test('an API key opens what an access token does, until it is revoked', async () => {
    const { body: key } = await browser.post('/auth/keys', { name: 'a machine', scopes: [] });
    const authorization = `Bearer ${String(key.key)}`;
    expect(await say('mine', { authorization })).toEqual({ event: 'mine', data: id });
    expect((await browser.delete(`/auth/keys/${String(key.id)}`)).status).toBe(204);
    expect(await say('mine', { authorization })).toMatchObject({
      event: 'exception',
      data: { status: 'error', code: expect.stringMatching(/^token_/) },
    });
  });

  const another = async () => {
    const other = new Browser(browser.base);
    const { body } = await other.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    return { other, ...(body.user as { id: unknown }) };
  };

  test('of messages of several users at once, each is of its own', async () => {
    const { other, id: otherId } = await another();
    const connection = await connect();
    try {
      connection.send('spoken', { token: browser.accessToken, isFirst: true, of: id });
      const answers = [await connection.say('spoken', { token: other.accessToken, of: otherId })];
      answers.push(await connection.next());
      expect(answers).toEqual(
        expect.arrayContaining([
          { event: 'spoken', data: { of: id, owner: id } },
          { event: 'spoken', data: { of: otherId, owner: otherId } },
        ]),
      );
    } finally {
      connection.close();
    }
  });

  test('a connection that stays open lets nobody in who has signed out', async () => {
    const { other, id: data } = await another();
    const connection = await connect({ authorization: `Bearer ${other.accessToken}` });
    try {
      const events = ['mine', 'also mine', 'perhaps mine'];
      for (const event of events) expect(await connection.say(event)).toEqual({ event, data });
      expect((await other.post('/auth/logout')).status).toBe(204);
      for (const event of ['mine', 'also mine'])
        expect(await connection.say(event)).toMatchObject({
          event: 'exception',
          data: { code: 'token_blacklisted' },
        });
      expect(await connection.say('perhaps mine')).toEqual({ event: 'perhaps mine', data: 0 });
    } finally {
      connection.close();
    }
  });

  test('ours lets nobody in, and says what to do', async () => {
    errors.length = 0;
    const authorization = `Bearer ${browser.accessToken}`;
    expect(await say('unknown', { authorization })).toMatchObject({
      event: 'exception',
      data: { status: 'error', code: 'internal_error' },
    });
    expect(String(errors)).toMatch(/AccessGuard finds no HTTP request in a call of the kind "ws": extend it/);
  });
});

describe('between services', () => {
  const send = (pattern: string, data: object): Promise<unknown> =>
    firstValueFrom(messages.send<unknown>(pattern, data)).catch((error: unknown) => error);

  test('a guard of the host says what holds the token', async () => {
    expect(await send('mine', { token: browser.accessToken, of: 'a' })).toEqual({ of: 'a', owner: id });
    expect(await send('mine', { of: 'a' })).toMatchObject({ status: 'error', code: 'access_missing' });
    expect(await send('mine', { token: 'junk' })).toMatchObject({ status: 'error', code: 'token_invalid' });
    expect(await send('unguarded', {})).toBe('let in');
    expect((await browser.get('/open')).body).toEqual({ open: true });
  });
});

describe('a hybrid app whose every route has our guard', () => {
  test('keeps messages out, with a clear sentence in its log, and lets public ones in', async () => {
    @Module({
      imports: [TokenjarModule.forRoot({ ...database.settings, secretKey: SECRET_KEY, rateLimit: false })],
      controllers: [MessagesController],
      providers: [MessageGuard, { provide: APP_GUARD, useExisting: AccessGuard }],
    })
    class HybridModule {}
    const said: unknown[] = [];
    const hybrid: INestApplication = await NestFactory.create(HybridModule, new FastifyAdapter(), {
      logger: {
        log: () => undefined,
        warn: () => undefined,
        error: (...each: unknown[]) => void said.push(each),
      },
      abortOnError: false,
    });
    const service = hybrid.connectMicroservice<MicroserviceOptions>(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
      { inheritAppConfig: true },
    );
    await hybrid.startAllMicroservices();
    await hybrid.init();
    const { port } = service.unwrap<{ address(): { port: number } }>().address();
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    try {
      const send = (pattern: string): Promise<unknown> =>
        firstValueFrom(client.send<unknown>(pattern, {})).catch((error: unknown) => error);
      expect(await send('unguarded')).toMatchObject({ status: 'error', message: 'Internal server error' });
      expect(String(said)).toMatch(
        /AccessGuard finds no HTTP request in a call of the kind "rpc": extend it/,
      );
      expect(await send('ping')).toEqual({ pong: null });
    } finally {
      client.close();
      await hybrid.close();
    }
  });
});
