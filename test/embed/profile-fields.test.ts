import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { Mailer, type OutgoingEmail } from '../../src/mail/mailer.js';
import { Sending } from '../../src/mail/sending.js';
import type { Options } from '../../src/config/options.js';
import { describeTokenjar, SettingsError, type StandardSchema, TokenjarModule } from '../../src/index.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { expectProblem } from '../support/problem.js';

const FIELDS = z.object({
  firstName: z
    .string('Who are you?')
    .min(1, 'Who are you?')
    .max(30)
    .meta({ examples: ['Ada'] }),
  company: z.string().max(30).optional(),
  tags: z.array(z.string()).optional(),
  more: z.unknown().optional(),
});
const fields = { firstName: 'Ada', company: 'Acme' };

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** The body that registers an account, and the errors of a refused one, as each dialect has them. */
const WIRES: Record<
  Options['dialect'],
  { body: (email: string) => object; errors: (body: never) => unknown }
> = {
  standard: {
    body: (email) => ({ email, password: PASSWORD }),
    errors: ({ errors }: { errors: unknown }) => errors,
  },
  envelope: {
    body: (email) => ({ email, password: PASSWORD }),
    errors: ({ errors }: { errors: unknown }) => errors,
  },
  django: { body: (email) => ({ email, password1: PASSWORD, password2: PASSWORD }), errors: (body) => body },
  'django-legacy': {
    body: (email) => ({ email, password1: PASSWORD, password2: PASSWORD }),
    errors: (body) => body,
  },
};

describe.each(Object.keys(WIRES) as Options['dialect'][])('fields of a host in the dialect %s', (dialect) => {
  const { body: bodyFor, errors } = WIRES[dialect];
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ dialect, profile: FIELDS }, database);
  });
  afterAll(() => app.close());

  const register = async (more: object, email = uniqueEmail()) => {
    const user = app.browser();
    const answer = await user.post('/auth/registration', { ...bodyFor(email), ...more });
    const { token, access } = answer.body as { token?: { access: string }; access?: string };
    user.accessToken ??= token?.access ?? access;
    return { user, answer, email };
  };
  const userOf = async (user: Browser) => {
    const { body } = await user.get('/auth/user');
    return dialect === 'envelope' ? body.user : body;
  };

  test('are demanded, shown beside ours, and changed', async () => {
    const missing = await register({ company: 'A'.repeat(31) });
    expect(missing.answer.status).toBe(400);
    expect(errors(missing.answer.body as never)).toEqual({
      firstName: ['Who are you?'],
      company: [expect.stringContaining('30')],
    });
    const { user, answer, email } = await register(fields);
    expect([answer.status, await userOf(user)]).toEqual([
      answer.status,
      expect.objectContaining({ email, ...fields }),
    ]);
    const changed = await user.patch('/auth/user', { company: 'Initech' });
    expect([changed.status, await userOf(user)]).toEqual([
      200,
      expect.objectContaining({ firstName: 'Ada', company: 'Initech' }),
    ]);
    const refused = await user.patch('/auth/user', { firstName: '' });
    expect([refused.status, errors(refused.body as never)]).toEqual([400, { firstName: ['Who are you?'] }]);
    if (!dialect.startsWith('django')) return;
    const put = await user.send('PUT', '/auth/user', { form: { firstName: 'Grace' } });
    expect([put.status, put.body]).toMatchObject([200, { firstName: 'Grace', company: 'Initech' }]);
  });
});

class Mailbox extends Mailer {
  readonly keys = new Map<string, string>();
  send({ to, link = '' }: OutgoingEmail): Promise<void> {
    this.keys.set(to, /key=([^&]+)/.exec(link)?.[1] ?? '');
    return Promise.resolve();
  }
}

describe('fields of a host', () => {
  const mailer = new Mailbox();
  let app: TestApp;
  /** What the schema of the host does, if it is not the usual. */
  let instead: ((value: unknown) => unknown) | undefined;
  const schema: StandardSchema = {
    '~standard': {
      ...FIELDS['~standard'],
      validate: (value) => (instead ?? FIELDS['~standard'].validate)(value),
    },
  };
  beforeAll(async () => {
    const settings = { mailer, profile: schema, hookTimeout: '1s', emailVerification: 'mandatory' } as const;
    app = await startApp(settings, database);
  });
  afterAll(() => app.close());

  const register = (more: object, email = uniqueEmail()) =>
    app.browser().post('/auth/registration', { email, password: PASSWORD, ...more });
  const rowOf = async (email: string) =>
    (await app.sql<{ profile: unknown }>('SELECT profile FROM tokenjar.users WHERE email = $1', [email]))[0];
  const verify = async (email: string) => {
    await app.app.get(Sending).run();
    const key = mailer.keys.get(email);
    return app.browser().post('/auth/registration/verify-email', { key });
  };

  test('wait with the registration for its address, and are dropped with a contested one', async () => {
    const [email, contested] = [uniqueEmail(), uniqueEmail()];
    expect((await register(fields, email)).status).toBe(201);
    expect(await rowOf(email)).toBeUndefined();
    expect((await verify(email)).status).toBe(200);
    expect(await rowOf(email)).toEqual({ profile: fields });
    await register({ firstName: 'Mallory' }, contested);
    await app
      .browser()
      .post('/auth/registration', { email: contested, password: `${PASSWORD} other`, ...fields });
    await verify(contested);
    expect(await rowOf(contested)).toBeUndefined();
  });

  test.each<[string, (value: unknown) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('of the host');
      },
    ],
    ['hangs', () => new Promise(() => undefined)],
    ['returns nothing', () => undefined],
    ['returns no object', () => ({ value: 'Ada' })],
    ['returns what is no JSON', () => ({ value: { firstName: 1n } })],
    ['refuses without a reason', () => ({ issues: [] })],
  ])('whose schema %s make no account', async (_, broken) => {
    instead = broken;
    const email = uniqueEmail();
    const answer = await register(fields, email);
    instead = undefined;
    expectProblem(answer, 'hook_failed');
    expect(answer.text).not.toContain('of the host');
    expect(await app.sql('SELECT FROM tokenjar.pending_registrations WHERE email = $1', [email])).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['NUL', { firstName: 'A\0' }, 'firstName'],
    ['half a character', { ...fields, tags: ['\ud800'] }, 'tags'],
    ['NUL in a name', { ...fields, more: { 'a\0': 1 } }, 'more'],
    ['a deep value', { ...fields, more: JSON.parse('['.repeat(99) + ']'.repeat(99)) as unknown }, 'more'],
    [
      'more than is kept',
      { ...fields, tags: Array.from({ length: 900 }, () => 'a longer tag'.repeat(2)) },
      'tags',
    ],
  ])('that hold %s are refused', async (_, sent, field) => {
    const answer = await register(sent);
    expectProblem(answer, 'input_invalid');
    expect(Object.keys(answer.body.errors as object)).toEqual([field]);
  });

  test('named by the host as the object of all objects names its own are errors like any other', async () => {
    instead = () => ({ issues: [{ message: 'no', path: [{ key: 'constructor' }] }, { message: 'at all' }] });
    const answer = await register(fields);
    instead = undefined;
    expectProblem(answer, 'input_invalid');
    expect(answer.body.errors).toEqual({ constructor: ['no'], body: ['at all'] });
  });
});

describe.each([
  ['fastify', () => new FastifyAdapter()],
  ['express', () => new ExpressAdapter()],
] as const)('the document of a host with fields on %s', (_, adapterOf) => {
  let app: INestApplication;
  beforeAll(async () => {
    const settings = database.settings as { databaseUrl: string };
    const tokenjar = TokenjarModule.forRoot({ ...settings, secretKey: SECRET_KEY, profile: FIELDS });
    @Module({ imports: [tokenjar] })
    class HostModule {}
    app = await NestFactory.create(HostModule, adapterOf() as FastifyAdapter, { logger: false });
    await app.init();
  });
  afterAll(() => app.close());

  test('has them where they are sent and shown', () => {
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();
    const document = describeTokenjar(app, SwaggerModule.createDocument(app, config));
    const schemas = document.components?.schemas as Record<
      string,
      { properties: object; required: string[] }
    >;
    const firstName = { type: 'string', minLength: 1, maxLength: 30 };
    expect(schemas.TokenjarRegistration).toMatchObject({
      properties: { email: {}, password: {}, firstName, company: { type: 'string' } },
      required: ['email', 'password', 'firstName'],
    });
    expect(schemas.TokenjarProfile).toMatchObject({ properties: { locale: {}, firstName } });
    expect(schemas.TokenjarProfile?.required ?? []).toEqual([]);
    expect(schemas.TokenjarUser?.properties).toMatchObject({ id: {}, firstName });
    expect(schemas.TokenjarUser?.required).not.toContain('firstName');
    expect(schemas.TokenjarManagedUser?.properties).toMatchObject({ profile: { properties: { firstName } } });
    expect(Object.keys(schemas.TokenjarCredentials?.properties ?? {})).not.toContain('firstName');
    const body = document.paths['/auth/registration']?.post?.requestBody as object;
    expect(JSON.stringify(body)).toContain('"firstName":"Ada"');
  });
});

test.each<[string, object, RegExp]>([
  [
    'the name of a field of ours',
    { profile: z.object({ email: z.string() }) },
    /email is a field of Tokenjar/,
  ],
  [
    'a name that every object has',
    { profile: z.object({ constructor: z.string() }) },
    /constructor cannot be/,
  ],
  ['a name that cannot be one', { profile: z.object({ 'a b': z.string() }) }, /a b cannot be a field/],
  ['no field', { profile: z.object({}) }, /no field/],
  ['a schema of no object', { profile: z.string() }, /not one of an object/],
  [
    'a schema that cannot tell its fields',
    { profile: { '~standard': { version: 1, vendor: 'mine', validate: () => ({ value: {} }) } } },
    /pass \{ schema, jsonSchema \}/,
  ],
])('a host with %s does not start', async (_, input, why) => {
  const refused = await startApp(input, database).then(
    (app) => app.close(),
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(SettingsError);
  expect(String(refused)).toMatch(why);
});

test('a host may tell the JSON Schema itself', async () => {
  const { '~standard': standard } = FIELDS;
  const schema: StandardSchema = { '~standard': { ...standard, jsonSchema: undefined } };
  const jsonSchema = {
    type: 'object',
    properties: { firstName: { type: 'string' } },
    required: ['firstName'],
  };
  const app = await startApp({ profile: { schema, jsonSchema } }, database);
  const sent = { email: uniqueEmail(), password: PASSWORD, ...fields };
  const { body } = await app.browser().post('/auth/registration', sent);
  await app.close();
  expect(body.user).toMatchObject({ firstName: 'Ada' });
  expect(body.user).not.toHaveProperty('company');
});
