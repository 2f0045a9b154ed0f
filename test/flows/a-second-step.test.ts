import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Purge } from '../../src/housekeeping/purge.js';
import {
  type SecondStep,
  SecondSteps,
  type SignInProgress,
  type StepNeed,
  TokenjarModule,
} from '../../src/index.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, attributesOf, Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { contractOf } from '../support/contract.js';
import { readPart } from '../support/jwt.js';
import { WIRES } from '../openapi/conversation.js';

const PIN = '246810';
const WRONG = '000000';

/** A factor of the tests. Every account has it once it is switched on. It takes an answer as often as it is given. */
class PinStep implements SecondStep {
  readonly methods = ['pin'];
  isOn = false;
  state = 'first';

  needs({ methods }: SignInProgress): Promise<StepNeed | undefined> {
    const isMissing = this.isOn && !methods.includes('otp');
    return Promise.resolve(
      isMissing ? { kind: 'second_factor', methods: this.methods, state: this.state } : undefined,
    );
  }

  verify(_progress: SignInProgress, { code }: { code?: string | undefined }) {
    return Promise.resolve(code === PIN ? (['otp'] as const) : undefined);
  }
}

const steps = new Map<INestApplication, PinStep>();
function withPin<App extends { app: INestApplication }>(started: App): App & { pin: PinStep } {
  const pin = new PinStep();
  started.app.get(SecondSteps, { strict: false }).register(pin);
  steps.set(started.app, pin);
  return Object.assign(started, { pin });
}

const sessionsOf = async (app: TestApp, email: string): Promise<number> => {
  const [row] = await app.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1`,
    [email],
  );
  return row?.count ?? -1;
};

/** The access token of an answer, in whatever dialect. */
const accessIn = ({ body }: Answer): string | undefined => {
  const { access_token, access, token } = body as Record<string, string> & { token?: { access: string } };
  return access_token ?? access ?? token?.access;
};
const cookieNamed = (answer: Answer, name: string) =>
  answer.setCookie.find((line) => line.startsWith(`${name}=`));

describe.each(WIRES)('%s', (_name, settings) => {
  const isDjango = settings.dialect?.startsWith('django') ?? false;
  const isEnvelope = settings.dialect === 'envelope';
  const hasCookie = !isDjango && settings.refreshTokenIn !== 'body';
  let app: TestApp & { pin: PinStep };
  beforeAll(async () => {
    app = withPin(await startApp(settings));
  });
  afterAll(() => app.close());

  const passwords = isDjango ? { password1: PASSWORD, password2: PASSWORD } : { password: PASSWORD };
  const WAYS: [string, string, 'new' | 'known'][] = [
    ['login', '/auth/login', 'known'],
    ['token obtain', '/auth/token', 'known'],
    ['registration', '/auth/registration', 'new'],
    ['signup', '/auth/signup', 'new'],
  ];

  /** What the answer gives to go on with, beside the cookie. */
  const tokenIn = (answer: Answer): Record<string, unknown> => {
    const { ephemeral_token, login_token, pending } = answer.body as Record<string, unknown> & {
      pending?: { login_token?: string };
    };
    if (ephemeral_token !== undefined) return { ephemeral_token };
    const token = login_token ?? pending?.login_token;
    return token === undefined ? {} : { login_token: token };
  };

  test.each(WAYS)('%s lacks a step, and creates no session or token before it', async (_way, path, who) => {
    app.pin.isOn = false;
    const email = uniqueEmail();
    if (who === 'known') await app.browser().post('/auth/registration', { email, ...passwords });
    const before = Math.max(0, await sessionsOf(app, email));

    app.pin.isOn = true;
    const browser = app.browser();
    const first = await browser.post(path, {
      email,
      ...(who === 'new' ? passwords : { password: PASSWORD }),
    });
    expect(accessIn(first)).toBeUndefined();
    expect(first.text).not.toContain('"user"');
    expect(cookieNamed(first, 'refresh_token')).toBeUndefined();
    expect(await sessionsOf(app, email)).toBe(before);

    const pending = { methods: ['pin'], expires_in: 300 };
    if (isDjango) {
      expect([first.status, first.body]).toEqual([
        who === 'new' ? 201 : 200,
        {
          ephemeral_token: expect.stringMatching(/^[\w-]{43}$/),
          mfa_required: true,
          needs: 'second_factor_required',
          ...pending,
        },
      ]);
      expect(first.setCookie.filter((line) => line.startsWith('pending'))).toEqual([]);
    } else if (who === 'new') {
      expect(first.status).toBe(201);
      const said = isEnvelope ? (first.body.pending as object) : first.body;
      expect(said).toMatchObject({ code: 'second_factor_required', ...pending });
    } else {
      expect(first.status).toBe(401);
      expect(first.body).toMatchObject({
        [isEnvelope ? 'error' : 'code']: 'second_factor_required',
        ...pending,
      });
    }
    expect(Object.keys(tokenIn(first))).toEqual(
      isDjango ? ['ephemeral_token'] : settings.refreshTokenIn === 'body' ? ['login_token'] : [],
    );
    if (hasCookie)
      expect(attributesOf(cookieNamed(first, 'pending_login') ?? '')).toMatchObject({
        httponly: true,
        samesite: 'Strict',
        path: '/',
        'max-age': '300',
      });

    const step = { method: 'pin', ...tokenIn(first) };
    const wrong = await browser.post('/auth/login/second-factor', { ...step, code: WRONG });
    expect([wrong.status, accessIn(wrong)]).toEqual([isDjango ? 400 : 401, undefined]);
    if (isDjango) expect(wrong.body).toEqual({ code: ['Invalid code.'] });
    else expect(wrong.body[isEnvelope ? 'error' : 'code']).toBe('second_factor_wrong');
    expect(await sessionsOf(app, email)).toBe(before);

    const last = await browser.post('/auth/login/second-factor', { ...step, code: PIN });
    expect([last.status, await sessionsOf(app, email)]).toEqual([200, before + 1]);
    expect(readPart(accessIn(last) ?? '', 1)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    if (hasCookie) expect(attributesOf(cookieNamed(last, 'pending_login') ?? '')['max-age']).toBe('0');
    if (settings.refreshTokenIn === undefined) expect(cookieNamed(last, 'refresh_token')).toBeDefined();

    // It is used up, so a copy of it is worthless.
    const again = await browser.post('/auth/login/second-factor', { ...step, code: PIN });
    expect([again.status, accessIn(again)]).toEqual([isDjango ? 400 : 401, undefined]);
    expect(await sessionsOf(app, email)).toBe(before + 1);
  });

  test('refuses a second step without a pending login', async () => {
    const body = { method: 'pin', code: PIN, ...(isDjango && { ephemeral_token: 'x'.repeat(43) }) };
    const answer = await app.browser().post('/auth/login/second-factor', body);
    if (isDjango)
      expect([answer.status, answer.body]).toEqual([400, { ephemeral_token: ['Invalid or expired token.'] }]);
    else expect([answer.status, answer.body[isEnvelope ? 'error' : 'code']]).toEqual([401, 'login_expired']);
  });
});

describe('a pending login', () => {
  let app: TestApp & { pin: PinStep };
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
    app = withPin(await startApp({}, database));
    app.pin.isOn = true;
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  afterEach(() => {
    app.pin.state = 'first';
  });

  async function begun(at: TestApp = app): Promise<Browser & { email: string }> {
    app.pin.isOn = false;
    const { email } = await app.signedUp();
    app.pin.isOn = true;
    await app.sql('DELETE FROM tokenjar.sessions');
    const browser = Object.assign(at.browser(), { email });
    const { status } = await browser.login(email);
    expect(status).toBe(401);
    return browser;
  }
  const answerOf = async (browser: Browser, code = PIN, headers: Record<string, string> = {}) => {
    const { status, body, setCookie } = await browser.post(
      '/auth/login/second-factor',
      { method: 'pin', code },
      { headers },
    );
    return { said: [status, status === 200 ? 'in' : body.code], setCookie };
  };
  const EXPIRED = [401, 'login_expired'];
  const expectCleared = (setCookie: string[]) =>
    expect(setCookie.map((line) => attributesOf(line))).toContainEqual(
      expect.objectContaining({ name: 'pending_login', 'max-age': '0' }),
    );

  test('expires after five minutes, and its cookie is cleared', async () => {
    const inTime = await begun();
    app.clock.advance(299);
    expect((await answerOf(inTime)).said).toEqual([200, 'in']);
    const late = await begun();
    // Of the jar, whose clock is the machine's.
    app.clock.advance(300);
    const { said, setCookie } = await answerOf(late);
    expect(said).toEqual(EXPIRED);
    expectCleared(setCookie);
    expect(await sessionsOf(app, late.email)).toBe(0);
  });

  test('ends after five wrong answers, even concurrent ones and with RATE_LIMIT off', async () => {
    const browser = await begun();
    const answers = await Promise.all(Array.from({ length: 12 }, () => answerOf(browser, WRONG)));
    expect(answers.filter(({ said }) => said[1] === 'second_factor_wrong')).toHaveLength(5);
    expect((await answerOf(browser)).said).toEqual(EXPIRED);
    expect(await sessionsOf(app, browser.email)).toBe(0);

    const other = await begun();
    for (let i = 0; i < 4; i++) expect((await answerOf(other, WRONG)).said[1]).toBe('second_factor_wrong');
    expect((await answerOf(other)).said).toEqual([200, 'in']);
  });

  test('opens one session for twenty concurrent right answers', async () => {
    const browser = await begun();
    const answers = await Promise.all(Array.from({ length: 20 }, () => answerOf(browser)));
    expect(answers.filter(({ said }) => said[0] === 200)).toHaveLength(1);
    expect(await sessionsOf(app, browser.email)).toBe(1);
  });

  const ENDS: [string, (email: string) => Promise<unknown>][] = [
    [
      'the password is replaced',
      async (email) => {
        const users = app.app.get(Users, { strict: false });
        const user = await users.findByEmail(email);
        await app.sql('UPDATE tokenjar.users SET password_hash = $2 WHERE id = $1', [user?.id, 'x']);
      },
    ],
    [
      'the address is replaced',
      (email) => app.sql('UPDATE tokenjar.users SET email = $2 WHERE email = $1', [email, uniqueEmail()]),
    ],
    [
      'the account is deactivated',
      async (email) => {
        const user = await app.app.get(Users, { strict: false }).findByEmail(email);
        await app.app.get(SessionEnding, { strict: false }).deactivateUser(user?.id ?? 0);
      },
    ],
    [
      'the account is deactivated and let in again',
      async (email) => {
        const users = app.app.get(Users, { strict: false });
        const user = await users.findByEmail(email);
        await app.app.get(SessionEnding, { strict: false }).deactivateUser(user?.id ?? 0);
        await users.activate(user?.id ?? 0);
      },
    ],
    ['the account is deleted', (email) => app.sql('DELETE FROM tokenjar.users WHERE email = $1', [email])],
    ['a factor is replaced', () => Promise.resolve((app.pin.state = 'second'))],
    ['the factor is gone', () => Promise.resolve((app.pin.isOn = false))],
  ];
  test.each(ENDS)('ends when %s', async (_, end) => {
    const browser = await begun();
    await end(browser.email);
    const { said, setCookie } = await answerOf(browser);
    expect(said).toEqual(EXPIRED);
    expectCleared(setCookie);
  });

  test('accepts only the methods that it names, and requires one', async () => {
    const browser = await begun();
    const send = async (json: object) => {
      const { status, body } = await browser.post('/auth/login/second-factor', json);
      return [status, body.code];
    };
    for (let i = 0; i < 7; i++)
      expect(await send({ method: 'totp', code: PIN })).toEqual([400, 'method_not_available']);
    expect(await send({ code: PIN })).toEqual([400, 'input_invalid']);
    expect((await answerOf(browser)).said).toEqual([200, 'in']);
  });

  test('is bound to its browser and refuses other origins', async () => {
    const browser = await begun();
    expect((await answerOf(app.browser())).said).toEqual(EXPIRED);
    expect((await answerOf(browser, PIN, { origin: 'https://evil.example' })).said).toEqual([
      403,
      'origin_refused',
    ]);
    expect((await answerOf(browser)).said).toEqual([200, 'in']);
  });

  test('is refused if two cookies name different logins', async () => {
    const [mine, theirs] = [await begun(), await begun()];
    const secretOf = async (browser: Browser) =>
      (await browser.jar.getCookies(app.url)).find(({ key }) => key === 'pending_login')?.value ?? '';
    const both = [await secretOf(theirs), await secretOf(mine)].map((value) => `pending_login=${value}`);
    const { status, body } = await app
      .browser()
      .post('/auth/login/second-factor', { method: 'pin', code: PIN }, { cookie: both.join('; ') });
    expect([status, body.code]).toEqual(EXPIRED);
    // One that is over is in nobody's way.
    const dead = `pending_login=${'x'.repeat(43)}; ${both[1]}`;
    const answer = await app
      .browser()
      .post('/auth/login/second-factor', { method: 'pin', code: PIN }, { cookie: dead });
    expect(answer.status).toBe(200);
  });

  test('uses a prefixed cookie over https, and no other', async () => {
    const secure = withPin(await startApp({ cookieSecure: true }));
    try {
      const { email } = await secure.signedUp();
      secure.pin.isOn = true;
      const { setCookie } = await secure.browser().login(email);
      const {
        name,
        secure: isSecure,
        ...rest
      } = attributesOf(setCookie.find((line) => line.includes('pending_login')) ?? '');
      expect([name, isSecure, rest.path]).toEqual(['__Host-pending_login', true, '/']);
      const secret = /pending_login=([^;]+)/.exec(setCookie.join('\n'))?.[1] ?? '';
      const go = (cookie: string) =>
        secure.browser().post('/auth/login/second-factor', { method: 'pin', code: PIN }, { cookie });
      expect((await go(`pending_login=${secret}`)).body.code).toBe('login_expired');
      expect((await go(`__Host-pending_login=${secret}`)).status).toBe(200);
    } finally {
      await secure.close();
    }
  }, 60_000);

  test('leaves no secret in the database, and is purged', async () => {
    const browser = await begun();
    const [cookie] = await browser.jar.getCookies(app.url);
    const rows = await app.sql('SELECT * FROM tokenjar.pending_logins');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(cookie?.value);
    app.clock.advance(300);
    const purged = await app.app.get(Purge, { strict: false }).run();
    expect(purged.get('logins that nobody finished')).toBeGreaterThan(0);
    expect(await app.sql('SELECT * FROM tokenjar.pending_logins')).toEqual([]);
  });

  test('grants nothing else', async () => {
    const browser = await begun();
    for (const path of ['/auth/user', '/auth/sessions', '/auth/session', '/auth/activity'])
      expect((await browser.get(path)).body.code).toBe('access_missing');
    expect((await browser.refresh()).body.code).toBe('refresh_missing');
  });

  // The embedded database belongs to one process.
  (isEmbedded ? test.skip : test)(
    'goes on at another instance, once',
    async () => {
      const other = withPin(await startApp({ clock: app.clock }, database));
      try {
        other.pin.isOn = true;
        const browser = await begun();
        const elsewhere = new Browser(other.url);
        for (const { key, value } of await browser.jar.getCookies(app.url))
          await elsewhere.jar.setCookie(`${key}=${value}`, other.url);
        for (let i = 0; i < 3; i++)
          expect((await answerOf(i % 2 ? browser : elsewhere, WRONG)).said[1]).toBe('second_factor_wrong');
        const answers = await Promise.all([answerOf(browser), answerOf(elsewhere)]);
        expect(answers.filter(({ said }) => said[0] === 200)).toHaveLength(1);
        expect(await sessionsOf(app, browser.email)).toBe(1);
      } finally {
        await other.close();
      }
    },
    60_000,
  );
});

describe.each(['fastify', 'express'])('inside a host on %s whose module registers the step', (platform) => {
  test('a login requires it', async () => {
    const database = await createDatabase();
    const pin = new PinStep();
    @Module({
      imports: [
        TokenjarModule.forRoot({
          ...(database.settings as { databaseUrl: string }),
          secretKey: SECRET_KEY,
          rateLimit: false,
        }),
      ],
    })
    class HostModule {
      constructor(steps: SecondSteps) {
        steps.register(pin);
      }
    }
    const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
    const app = await NestFactory.create(HostModule, adapter as FastifyAdapter, {
      logger: false,
      abortOnError: false,
    });
    try {
      await app.listen(0, '127.0.0.1');
      const browser = new Browser((await app.getUrl()).replace('localhost', '127.0.0.1'));
      pin.isOn = true;
      const email = uniqueEmail();
      expect((await browser.post('/auth/registration', { email, password: PASSWORD })).status).toBe(201);
      expect(browser.accessToken).toBeUndefined();
      const done = await browser.post('/auth/login/second-factor', { method: 'pin', code: PIN });
      expect([done.status, (done.body.user as { email: string }).email]).toEqual([200, email]);
    } finally {
      await app.close();
      await database.drop();
    }
  }, 60_000);
});

test('the document describes it if a step is registered', async () => {
  const app = await startApp({ secondFactor: 'off' });
  try {
    const path = '/auth/login/second-factor';
    const before = (await contractOf(app)).document.paths;
    expect(before[path]).toBeUndefined();
    expect(JSON.stringify(before)).not.toContain('"second_factor_required"');
    withPin(app);
    const { paths } = (await contractOf(app)).document;
    expect(JSON.stringify(paths)).toContain('"second_factor_required"');
    expect(Object.keys(paths[path] ?? {})).toEqual(['post']);
    for (const way of ['/auth/login', '/auth/token'])
      expect(JSON.stringify(paths[way]?.post?.responses['401'])).toContain('second_factor_required');
  } finally {
    await app.close();
  }
});

test('a method cannot be registered twice', async () => {
  const app = withPin(await startApp());
  try {
    const steps = app.app.get(SecondSteps, { strict: false });
    expect(() => steps.register(new PinStep())).toThrow(TypeError);
  } finally {
    await app.close();
  }
});
