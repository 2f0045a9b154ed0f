import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  Controller,
  type DynamicModule,
  Get,
  Injectable,
  type INestApplication,
  Module,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, getRepositoryToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import pg from 'pg';
import { Registry } from 'prom-client';
import { Database } from '../../src/database/database.js';
import {
  Mailer,
  type OutgoingEmail,
  PrometheusMetrics,
  TokenjarModule,
  type TokenjarInput,
  User,
} from '../../src/index.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { expectProblem } from '../support/problem.js';

let database: TestDatabase;
const apps: INestApplication[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => database.drop());

const settings = (): TokenjarInput => ({
  ...(database.settings as { databaseUrl: string }),
  secretKey: SECRET_KEY,
  rateLimit: false,
});

/** A host's own way for emails to leave. */
class Postbox extends Mailer {
  readonly emails: OutgoingEmail[] = [];

  send(email: OutgoingEmail): Promise<void> {
    this.emails.push(email);
    return Promise.resolve();
  }
}

async function start(
  imports: DynamicModule[],
  override: (testing: ReturnType<typeof Test.createTestingModule>) => typeof testing = (testing) => testing,
  adapter: AbstractHttpAdapter = new FastifyAdapter(),
) {
  const testing = await override(Test.createTestingModule({ imports })).compile();
  const app = testing.createNestApplication(adapter, { logger: false });
  apps.push(app);
  await app.listen(0, '127.0.0.1');
  return { app, browser: new Browser((await app.getUrl()).replace('localhost', '127.0.0.1')) };
}

async function signUp(browser: Browser): Promise<string> {
  const email = uniqueEmail();
  const { status } = await browser.post('/auth/registration', { email, password: PASSWORD });
  expect(status).toBe(201);
  return email;
}

describe('a host that uses TypeORM itself', () => {
  @Entity('notes')
  class Note {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column('text')
    text!: string;
  }

  @Injectable()
  class Accounts {
    constructor(@InjectRepository(User, 'tokenjar') readonly users: Repository<User>) {}
  }

  @Module({ imports: [TypeOrmModule.forFeature([User], 'tokenjar')], providers: [Accounts] })
  class AccountsModule {}

  test('keeps the default data source, and gets ours under its name', async () => {
    const { databaseUrl } = database.settings as { databaseUrl: string };
    const { app, browser } = await start([
      TypeOrmModule.forRoot({ type: 'postgres', url: databaseUrl, entities: [Note], synchronize: true }),
      TypeOrmModule.forFeature([Note]),
      TokenjarModule.forRoot(settings()),
      { module: AccountsModule },
    ]);
    const own = app.get(DataSource);
    const ours = app.get<DataSource>(getDataSourceToken('tokenjar'));
    expect(own.entityMetadatas.map(({ tableName }) => tableName)).toEqual(['notes']);
    expect(ours.entityMetadatas.map(({ tableName }) => tableName)).toContain('users');
    expect(ours).toBe(app.get(Database).dataSource);

    const notes = app.get<Repository<Note>>(getRepositoryToken(Note));
    await notes.save({ text: 'a note' });
    const email = await signUp(browser);
    const user = await app.get(Accounts, { strict: false }).users.findOneByOrFail({ email });
    expect([await notes.count(), user.email]).toEqual([1, email]);
  });

  test('finds everything else in its place', async () => {
    const { databaseUrl } = database.settings as { databaseUrl: string };
    const seen = () => ({
      globals: Object.getOwnPropertyNames(globalThis).sort(),
      prototypes: [Object, Array, Promise, Error].map((type) => Reflect.ownKeys(type.prototype).length),
      parsers: [16, 20, 1082, 1114, 1184, 1700].map((oid) => pg.types.getTypeParser(oid) as unknown),
      listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
    });
    const before = seen();
    const { app, browser } = await start([
      TypeOrmModule.forRoot({ type: 'postgres', url: databaseUrl, entities: [Note], synchronize: true }),
      TokenjarModule.forRoot(settings()),
    ]);
    await signUp(browser);
    expect(seen()).toEqual(before);
    const own = app.get(DataSource);
    const tables = await own.query<{ table_name: string }[]>(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    expect(tables).toEqual([{ table_name: 'notes' }]);
    expect(await own.query('SHOW search_path')).toEqual([{ search_path: '"$user", public' }]);
  });

  test('closes both with the app, and no other', async () => {
    const first = await start([TokenjarModule.forRoot(settings())]);
    const second = await start([TokenjarModule.forRoot(settings())]);
    const [one, other] = [first, second].map(({ app }) => app.get(Database).dataSource);
    await first.app.close();
    expect([one?.isInitialized, other?.isInitialized]).toEqual([false, true]);
    await signUp(second.browser);
  });
});

describe('the settings come from', () => {
  class SettingsOfHost {
    createTokenjarOptions(): Promise<TokenjarInput> {
      return Promise.resolve({ ...settings(), siteName: 'a class' });
    }
  }
  @Module({ providers: [SettingsOfHost], exports: [SettingsOfHost] })
  class SettingsModule {}

  test.each([
    ['a value', () => TokenjarModule.forRoot({ ...settings(), pathPrefix: 'a/b' })],
    [
      'a factory',
      () =>
        TokenjarModule.forRootAsync({ pathPrefix: '/a/b/', useFactory: () => Promise.resolve(settings()) }),
    ],
    [
      'a factory with what it injects',
      () =>
        TokenjarModule.forRootAsync({
          pathPrefix: 'a/b',
          imports: [SettingsModule],
          inject: [SettingsOfHost],
          useFactory: (own: SettingsOfHost) => own.createTokenjarOptions(),
        }),
    ],
    [
      '@nestjs/config',
      () =>
        TokenjarModule.forRootAsync({
          pathPrefix: 'a/b',
          imports: [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ tokenjar: settings() })] })],
          inject: [ConfigService],
          useFactory: (config: ConfigService) => config.getOrThrow<TokenjarInput>('tokenjar'),
        }),
    ],
    ['a class', () => TokenjarModule.forRootAsync({ pathPrefix: 'a/b', useClass: SettingsOfHost })],
    [
      'a class that is there already',
      () =>
        TokenjarModule.forRootAsync({
          pathPrefix: 'a/b',
          imports: [SettingsModule],
          useExisting: SettingsOfHost,
        }),
    ],
  ])('%s', async (_source, makeModule) => {
    const { browser } = await start([makeModule()]);
    expectProblem(await browser.post('/a/b/token/refresh'), 'refresh_missing');
  });

  test('refuses an invalid path at once, and other settings at startup', async () => {
    const useFactory = () => ({ ...settings(), accessTokenLifetime: 'soon' });
    expect(() => TokenjarModule.forRootAsync({ pathPrefix: 'a b', useFactory })).toThrow(
      /^PATH_PREFIX: must/,
    );
    expect(() => TokenjarModule.forRoot(useFactory())).toThrow(/^ACCESS_TOKEN_LIFETIME: must/);
    await expect(start([TokenjarModule.forRootAsync({ useFactory })])).rejects.toThrow(
      /^ACCESS_TOKEN_LIFETIME: must/,
    );
  });
});

describe('a host sends the emails itself', () => {
  const emailTo = (postbox: Postbox, address: string) =>
    eventually(
      () => postbox.emails.find(({ to }) => to === address),
      (email) => email !== undefined,
    );

  test('with its own mailer', async () => {
    const mailer = new Postbox();
    const { browser } = await start([
      TokenjarModule.forRoot({
        ...settings(),
        mailer,
        production: true,
        emailVerification: 'mandatory',
        frontendUrl: 'https://example.com',
      }),
    ]);
    const email = await signUp(browser);
    expect(await emailTo(mailer, email)).toMatchObject({
      kind: 'verify_email',
      language: 'en',
      subject: expect.any(String),
      text: expect.stringContaining('https://example.com/verify-email#key='),
      link: expect.stringMatching(/^https:\/\/example\.com\/verify-email#key=/),
    });
  });

  test('and has to set an address for links', () => {
    const given = { ...settings(), mailer: new Postbox(), production: true };
    expect(() => TokenjarModule.forRoot(given)).toThrow(/^FRONTEND_URL: /);
  });

  test('with one replaced by a test', async () => {
    const postbox = new Postbox();
    const { browser } = await start(
      [TokenjarModule.forRoot({ ...settings(), emailVerification: 'optional' })],
      (testing) => testing.overrideProvider(Mailer).useValue(postbox),
    );
    const email = await signUp(browser);
    expect((await emailTo(postbox, email))?.kind).toBe('verify_email');
  });
});

describe('a host with metrics', () => {
  test.each([
    ['Fastify', () => new FastifyAdapter()],
    ['Express', () => new ExpressAdapter()],
  ])('finds ours in its registry, and nothing of its own routes, on %s', async (_name, adapter) => {
    @Controller('own')
    class OwnController {
      @Get()
      get() {
        return 'own';
      }
    }
    @Module({ controllers: [OwnController] })
    class OwnModule {}
    const registry = new Registry();
    const metrics = new PrometheusMetrics(registry);
    const { browser } = await start(
      [{ module: OwnModule }, TokenjarModule.forRoot({ ...settings(), metrics })],
      undefined,
      adapter(),
    );
    await browser.get('/own');
    await signUp(browser);
    await browser.get('/auth/user');
    await browser.post('/auth/login', { email: uniqueEmail(), password: PASSWORD });
    const text = await eventually(
      () => registry.metrics(),
      (said) => said.includes('operation="login"'),
    );
    expect(text).toContain('tokenjar_requests_total{operation="getUser",status="200"} 1');
    expect(text).toContain('tokenjar_logins_total{method="registration",outcome="success"} 1');
    expect(text).toContain('tokenjar_logins_total{method="password",outcome="bad_credentials"} 1');
    expect([...text.matchAll(/^tokenjar_requests_total\{/gm)]).toHaveLength(3);
    expect(text).not.toContain('nodejs_');
  });
});
