import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  type INestApplication,
  Injectable,
  Module,
  Req,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AccessGuard, Principal, TokenjarModule } from '../../src/index.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

interface WithUser {
  user?: unknown;
  /** Where the host's options have Passport put what it found. */
  account?: unknown;
}

/** Lets everybody in, and knows who has a token: as Nest documents it for any `AuthGuard`. */
@Injectable()
class MaybeGuard extends AccessGuard {
  override handleRequest<User>(
    error: unknown,
    user: unknown,
    info: unknown,
    context: ExecutionContext,
  ): User {
    if (info instanceof Error && info.message.includes('expired'))
      return super.handleRequest(error, user, info, context);
    return (user || { anonymous: true }) as User;
  }
}

/** Looks up somebody in a database of the host first, which takes a moment, and refuses who is not there. */
@Injectable()
class MemberGuard extends AccessGuard {
  override handleRequest<User>(...found: [unknown, unknown, unknown, ExecutionContext]): User {
    return this.memberOf(super.handleRequest<Principal>(...found)) as User;
  }

  private async memberOf({ userId }: Principal): Promise<{ member: number }> {
    await setImmediate();
    if (!MEMBERS.has(userId)) throw new ForbiddenException();
    return { member: userId };
  }
}
const MEMBERS = new Set<number>();

/** Has Passport keep what it finds in another place, as Nest documents it for any `AuthGuard`. */
@Injectable()
class ElsewhereGuard extends AccessGuard {
  override getAuthenticateOptions() {
    return { property: 'account' };
  }
}

@Controller('notes')
class NotesController {
  @Get('by-name')
  @UseGuards(AuthGuard('tokenjar-access'))
  byName(@Req() { account }: WithUser) {
    return { owner: account instanceof Principal ? account.userId : null };
  }

  @Get('by-either')
  @UseGuards(AuthGuard(['tokenjar-refresh', 'tokenjar-access']))
  byEither(@Req() { account }: WithUser) {
    return { owner: (account as { userId: number }).userId };
  }

  @Get('mine')
  @UseGuards(AccessGuard)
  mine(@Req() { user }: WithUser) {
    return { owner: (user as Principal).userId };
  }

  @Get('elsewhere')
  @UseGuards(ElsewhereGuard)
  elsewhere(@Req() { account, user }: WithUser) {
    return { owner: account instanceof Principal ? account.userId : null, user };
  }

  /** As where the first of them stands before the whole app. */
  @Get('members')
  @UseGuards(AccessGuard, MemberGuard)
  members(@Req() { user }: WithUser) {
    return { ...(user as object) };
  }

  @Get('maybe')
  @UseGuards(MaybeGuard)
  maybe(@Req() { user }: WithUser) {
    return user instanceof Principal ? { owner: user.userId } : user;
  }
}

const adapters = { fastify: () => new FastifyAdapter(), express: () => new ExpressAdapter() };
let database: TestDatabase;
const apps: INestApplication[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => database.drop());

async function start(adapter: FastifyAdapter | ExpressAdapter): Promise<() => Browser> {
  const tokenjar = TokenjarModule.forRoot({
    ...(database.settings as { databaseUrl: string }),
    secretKey: SECRET_KEY,
  });
  // Options for strategies of the host: ours must not follow them.
  const passport = PassportModule.register({ defaultStrategy: 'of-the-host', property: 'account' });
  @Module({ imports: [tokenjar, passport], controllers: [NotesController] })
  class HostModule {}
  const app = await NestFactory.create(HostModule, adapter, { logger: false, abortOnError: false });
  apps.push(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
  return () => new Browser(url);
}

describe.each(['fastify', 'express'] as const)(
  'a host on %s uses our strategies as any of Passport',
  (platform) => {
    test('by name, among several, and with its own guard', async () => {
      const browser = await start(adapters[platform]());
      const user = browser();
      const { body } = await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
      const { id: owner } = body.user as { id: number };

      expect((await user.get('/notes/mine')).body).toEqual({ owner });
      expect((await user.get('/notes/by-name')).body).toEqual({ owner });
      expect((await user.get('/notes/by-either')).body).toEqual({ owner });
      expect((await user.get('/notes/maybe')).body).toEqual({ owner });
      expect((await user.get('/notes/elsewhere')).body).toEqual({ owner });

      expect((await user.get('/notes/members')).status).toBe(403);
      MEMBERS.add(owner);
      expect((await user.get('/notes/members')).body).toEqual({ member: owner });

      const stranger = browser();
      expect((await stranger.get('/notes/members')).status).toBe(401);
      expect((await stranger.get('/notes/maybe')).body).toEqual({ anonymous: true });
      for (const path of ['/notes/by-name', '/notes/by-either']) {
        const refused = await stranger.get(path);
        expect([refused.status, refused.body]).toEqual([401, { message: 'Unauthorized', statusCode: 401 }]);
      }
    });

    test('reports a refused token as a failure, with the reason in `info`', async () => {
      const browser = (await start(adapters[platform]()))();
      const junk = { headers: { authorization: 'Bearer junk' } };
      expect((await browser.get('/notes/by-name', junk)).status).toBe(401);
      expect((await browser.get('/notes/maybe', junk)).body).toEqual({ anonymous: true });
    });
  },
);
