import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Purge } from '../../src/housekeeping/purge.js';
import { rowOf } from '../../src/http/operations.js';
import { SecondSteps, TokenjarModule } from '../../src/index.js';
import { JSON_TYPE, WIRES } from '../openapi/conversation.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, attributesOf, Browser } from '../support/browser.js';
import { contractOf } from '../support/contract.js';
import { createDatabase } from '../support/database.js';
import { operationNamed } from '../support/operations.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** What the line that sets the refresh cookie says. */
const setIn = ({ setCookie }: Answer) => {
  const line = setCookie.find((each) => each.includes('refresh_token=') && !each.includes('Max-Age=0'));
  return line === undefined ? undefined : attributesOf(line);
};

/** **Unit** seconds. */
async function idleTimes(app: TestApp, email: string): Promise<number[]> {
  const rows = await app.sql<{ idle: number }>(
    `SELECT extract(epoch FROM s.idle_expires_at - s.last_used_at)::int AS idle
      FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1 ORDER BY s.id`,
    [email],
  );
  return rows.map(({ idle }) => idle);
}

describe.each(WIRES)('%s', (_name, settings) => {
  const isDjango = settings.dialect?.startsWith('django') ?? false;
  const hasCookie = settings.refreshTokenIn !== 'body';
  const passwords = isDjango ? { password1: PASSWORD, password2: PASSWORD } : { password: PASSWORD };
  const refreshTokenIn = ({ body }: Answer) => (body.refresh_token ?? body.refresh) as string | undefined;
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp(settings);
  });
  afterAll(() => app.close());

  /** Signs somebody up or in. */
  async function sign(path: string, remember?: unknown) {
    const isNew = /registration|signup/.test(path);
    const email = uniqueEmail();
    if (!isNew) {
      await app.browser().post('/auth/registration', { email, ...passwords });
      await app.sql('DELETE FROM tokenjar.sessions');
    }
    const browser = app.browser();
    const body = { email, ...(isNew ? passwords : { password: PASSWORD }) };
    const answer = await browser.post(path, { ...body, ...(remember !== undefined && { remember }) });
    return { browser, email, answer };
  }

  test.each(['/auth/login', '/auth/token', '/auth/registration', '/auth/signup'])(
    '%s: a session that is not remembered ends with the browser, and after 12 hours',
    async (path) => {
      for (const [remember, idle, maxAge] of [
        [undefined, 14 * DAY, String(14 * DAY)],
        [true, 14 * DAY, String(14 * DAY)],
        [false, 12 * HOUR, undefined],
      ] as const) {
        const { browser, email, answer } = await sign(path, remember);
        expect([answer.status < 300, await idleTimes(app, email)]).toEqual([true, [idle]]);
        const cookie = setIn(answer);
        expect(cookie !== undefined).toBe(hasCookie);
        if (cookie) {
          expect(cookie['max-age']).toBe(maxAge);
          expect(cookie.expires).toBeUndefined();
          expect(cookie).toMatchObject({ httponly: true, path: '/' });
        }

        // Each answer that sets it again: a rotation, and its repetition.
        app.clock.advance(300);
        const token = refreshTokenIn(answer);
        const json = hasCookie ? undefined : { refresh_token: token };
        const line = (await browser.jar.getCookieString(app.url)) || undefined;
        for (const left of [idle, idle - 10]) {
          const refreshed = await browser.post('/auth/token/refresh', json, {
            ...(line !== undefined && { cookie: line }),
          });
          expect([refreshed.status, await idleTimes(app, email)]).toEqual([200, [idle]]);
          if (hasCookie) {
            expect(setIn(refreshed)).toBeDefined();
            expect(setIn(refreshed)?.['max-age']).toBe(remember === false ? undefined : String(left));
          }
          app.clock.advance(10);
        }
      }
    },
  );

  test('what is neither true nor false is refused', async () => {
    for (const remember of ['perhaps', 2, null, {}, []]) {
      const { answer } = await sign('/auth/login', remember);
      expect([remember, answer.status, setIn(answer)]).toEqual([remember, 400, undefined]);
      expect(answer.text).toContain('remember');
    }
  });

  test('a form writes it as text', async () => {
    const { email } = await sign('/auth/login');
    const form = { email, password: PASSWORD, remember: 'false' };
    const answer = await app.browser().send('POST', '/auth/login', { form });
    expect([answer.status, setIn(answer)?.['max-age']]).toEqual([200, undefined]);
    expect(await idleTimes(app, email)).toContain(12 * HOUR);
  });
});

describe('a session that is not remembered', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  async function unremembered(at = app) {
    const { email } = await at.signedUp();
    const browser = at.browser();
    await browser.post('/auth/login', { email, password: PASSWORD, remember: false });
    return Object.assign(browser, { email });
  }

  test('ends after twelve hours without a refresh', async () => {
    const browser = await unremembered();
    app.clock.advance(12 * HOUR - 1);
    expect((await browser.refresh()).status).toBe(200);
    app.clock.advance(12 * HOUR);
    const { status, body } = await browser.refresh();
    expect([status, body.code]).toEqual([401, 'token_expired']);
  });

  test('lives as long as any other while it is refreshed, and is purged', async () => {
    const browser = await unremembered();
    let last: Answer | undefined;
    for (let hours = 0; hours < 30 * 24 - 11; hours += 11) {
      app.clock.advance(11 * HOUR);
      last = await browser.refresh();
      expect([hours, last.status]).toEqual([hours, 200]);
    }
    expect(setIn(last as Answer)?.['max-age']).toBeUndefined();
    app.clock.advance(11 * HOUR);
    expect((await browser.refresh()).body.code).toBe('token_expired');
    app.clock.advance(15 * DAY);
    await app.app.get(Purge, { strict: false }).run();
    expect(await idleTimes(app, browser.email)).toEqual([]);
  });

  test('stays so when its password changes', async () => {
    const browser = await unremembered();
    app.clock.advance(300);
    const passwords = { old_password: PASSWORD, new_password: 'nine quiet herons, seven of them' };
    const changed = await browser.post('/auth/password/change', passwords);
    expect([changed.status, setIn(changed) !== undefined, setIn(changed)?.['max-age']]).toEqual([
      200,
      true,
      undefined,
    ]);
    expect(await idleTimes(app, browser.email)).toEqual([12 * HOUR]);
  });

  test('does not live longer than one that is', async () => {
    const short = await startApp({ refreshTokenLifetime: '1h', unrememberedLifetime: '6h' });
    try {
      const { email } = await unremembered(short);
      expect(await idleTimes(short, email)).toEqual([HOUR, HOUR]);
    } finally {
      await short.close();
    }
  });

  test('is what the first step asked for, where a sign-in has two', async () => {
    app.app.get(SecondSteps, { strict: false }).register({
      methods: ['pin'],
      needs: ({ account, methods }) =>
        Promise.resolve(
          account.email?.startsWith('two') === true && !methods.includes('otp')
            ? { kind: 'second_factor', methods: ['pin'], state: '' }
            : undefined,
        ),
      verify: () => Promise.resolve(['otp'] as const),
    });
    for (const remember of [false, true]) {
      const email = `two${uniqueEmail()}`;
      const browser = app.browser();
      const body = { email, password: PASSWORD, remember };
      expect((await browser.post('/auth/registration', body)).status).toBe(201);
      const { status, ...answer } = await browser.post('/auth/login/second-factor', {
        method: 'pin',
        code: '1',
      });
      expect([status, await idleTimes(app, email)]).toEqual([200, [remember ? 14 * DAY : 12 * HOUR]]);
      expect(setIn({ status, ...answer })?.['max-age']).toBe(remember ? String(14 * DAY) : undefined);
    }
  });
});

/** These go on with a sign-in whose first step said it. */
const GO_ON = ['verifySecondFactor', 'confirmLoginCode', 'providerCodeLogin'];

test.each(WIRES)('%s: whatever opens a session takes it', async (_name, settings) => {
  const app = await startApp(settings);
  try {
    const { operations, document } = await contractOf(app);
    const opening = operations.filter(({ operation: { operationId } }) => {
      const name = operationNamed(operationId);
      return name && rowOf(name).cookie === 'sets' && !GO_ON.includes(name);
    });
    expect(opening.length).toBeGreaterThan(2);
    for (const { operation } of opening) {
      const schema = operation.requestBody?.content[JSON_TYPE]?.schema as {
        $ref?: string;
        properties?: object;
      };
      const named = schema.$ref?.split('/').at(-1) ?? '';
      const { properties } = (document.components.schemas[named] ?? schema) as { properties?: object };
      expect([operation.operationId, Object.keys(properties ?? {})]).toEqual([
        operation.operationId,
        expect.arrayContaining(['remember']),
      ]);
    }
  } finally {
    await app.close();
  }
});

test.each(['fastify', 'express'])(
  'inside a host on %s',
  async (platform) => {
    const database = await createDatabase();
    const { databaseUrl } = database.settings as { databaseUrl: string };
    @Module({ imports: [TokenjarModule.forRoot({ databaseUrl, secretKey: SECRET_KEY, rateLimit: false })] })
    class HostModule {}
    const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
    const app = await NestFactory.create(HostModule, adapter as FastifyAdapter, {
      logger: false,
      abortOnError: false,
    });
    try {
      await app.listen(0, '127.0.0.1');
      const browser = new Browser((await app.getUrl()).replace('localhost', '127.0.0.1'));
      const email = uniqueEmail();
      const answer = await browser.post('/auth/registration', { email, password: PASSWORD, remember: false });
      expect([answer.status, setIn(answer) !== undefined, setIn(answer)?.['max-age']]).toEqual([
        201,
        true,
        undefined,
      ]);
    } finally {
      await app.close();
      await database.drop();
    }
  },
  60_000,
);
