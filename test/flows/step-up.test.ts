import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, Module, UseFilters, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { rowOf } from '../../src/http/operations.js';
import { AccessGuard, ProblemFilter, RequireFresh, RequireLevel, TokenjarModule } from '../../src/index.js';
import { Conversation, WIRES, type SignedIn } from '../openapi/conversation.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, attributesOf, Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded } from '../support/database.js';
import { readPart } from '../support/jwt.js';
import { operationNamed } from '../support/operations.js';
import { tapStatements } from '../support/statement-counter.js';
import { addTotp } from '../support/totp-account.js';

const LATER = 16 * 60;
const NOBODYS_ID = '019b7936-8a00-7000-8000-0123456789ab';

/** The access token of an answer, in whatever dialect. */
const accessIn = ({ body }: Answer): string => {
  const { access_token, access, token } = body as Record<string, string> & { token?: { access: string } };
  return access_token ?? access ?? token?.access ?? '';
};
const authOf = (accessToken: string) => {
  const { amr, acr, auth_time } = readPart(accessToken, 1) as {
    amr: string[];
    acr: string;
    auth_time: number;
  };
  return { amr, acr, auth_time };
};
const isInsufficient = ({ status, body }: Answer): boolean =>
  status === 401 && JSON.stringify(body).includes('insufficient_user_authentication');

describe.each(WIRES)('%s', (_name, settings) => {
  const isDjango = settings.dialect?.startsWith('django') ?? false;
  const isEnvelope = settings.dialect === 'envelope';
  let talk: Conversation;
  beforeAll(async () => {
    talk = await Conversation.start(settings);
  });
  afterAll(() => talk.app.close());

  const demanding = (which?: string) =>
    talk.operations.filter(({ operation: { operationId } }) => {
      const name = operationNamed(operationId);
      const fresh = name && rowOf(name).fresh;
      return fresh !== undefined && (which === undefined || fresh === which);
    });
  const call = (user: SignedIn, at: ReturnType<typeof demanding>[number]) => {
    const path = at.path.replace('{id}', NOBODYS_ID);
    return talk.send(user, { ...at, path }, { json: talk.bodyOf(at.operation, user) });
  };
  /** A new access token, by a refresh. */
  async function refreshed(user: SignedIn): Promise<void> {
    const json = { refresh: user.refreshToken, refresh_token: user.refreshToken };
    const answer = await talk.send(user, talk.named('refreshToken'), { json });
    expect(answer.status).toBe(200);
    user.accessToken = accessIn(answer);
    const { refresh_token, refresh, token } = answer.body as Record<string, string> & {
      token?: { refresh: string };
    };
    user.refreshToken = refresh_token ?? refresh ?? token?.refresh ?? user.refreshToken;
  }
  async function again(user: SignedIn, json: object): Promise<Answer> {
    const answer = await talk.send(user, talk.named('reauthenticate'), { json });
    if (answer.status === 200) user.accessToken = accessIn(answer);
    return answer;
  }
  function expectDemand(answer: Answer, demands: { max_age: number; acr_values?: string }): void {
    expect(answer.status).toBe(401);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    expect(challenge).toMatch(/^Bearer .*error="insufficient_user_authentication"/);
    for (const [name, value] of Object.entries(demands)) expect(challenge).toContain(`${name}="${value}"`);
    expect(challenge.includes('acr_values')).toBe(demands.acr_values !== undefined);
    const code = 'insufficient_user_authentication';
    if (isDjango) expect(answer.body).toEqual({ detail: expect.any(String), code });
    else expect(answer.body).toMatchObject({ [isEnvelope ? 'error' : 'code']: code, ...demands });
  }

  test('what demands a recent sign-in refuses an old one, until its user authenticates again', async () => {
    for (const at of demanding('always')) {
      const user = await talk.signedIn();
      expect([at.operation.operationId, isInsufficient(await call(user, at))]).toEqual([
        at.operation.operationId,
        false,
      ]);
      talk.app.clock.advance(LATER);
      await refreshed(user);
      expectDemand(await call(user, at), { max_age: 900 });
      expect((await again(user, { method: 'password', password: PASSWORD })).status).toBe(200);
      expect([at.operation.operationId, isInsufficient(await call(user, at))]).toEqual([
        at.operation.operationId,
        false,
      ]);
    }
  });

  test('and two factors, of an account that has a second one', async () => {
    expect(demanding('with_factor').length).toBeGreaterThan(2);
    for (const at of demanding()) {
      const user = await talk.signedIn();
      const code = await addTotp(talk.app, user.accessToken ?? '');
      talk.app.clock.advance(LATER);
      await refreshed(user);
      const demands = { max_age: 900, acr_values: 'aal2' };
      expectDemand(await call(user, at), demands);
      // The password does not make good for the second factor of long ago.
      expect((await again(user, { method: 'password', password: PASSWORD })).status).toBe(200);
      expectDemand(await call(user, at), demands);
      const answer = await again(user, { method: 'totp', code: code() });
      expect([answer.status, authOf(accessIn(answer)).acr]).toEqual([200, 'aal2']);
      expect([at.operation.operationId, isInsufficient(await call(user, at))]).toEqual([
        at.operation.operationId,
        false,
      ]);
    }
  });

  test('a recent sign-in that is weaker than the account is refused too', async () => {
    for (const at of demanding()) {
      const user = await talk.signedIn();
      await addTotp(talk.app, user.accessToken ?? '');
      // As a trusted device signs in.
      await talk.app.sql(`UPDATE tokenjar.sessions SET auth_methods = '{pwd}'`);
      talk.app.clock.advance(121);
      await refreshed(user);
      expectDemand(await call(user, at), { max_age: 900, acr_values: 'aal2' });
    }
  });

  test('the password in the body is enough where the account has no second factor', async () => {
    for (const at of demanding('with_factor')) {
      const user = await talk.signedIn();
      talk.app.clock.advance(LATER);
      await refreshed(user);
      const { status } = await call(user, at);
      expect([at.operation.operationId, status]).toEqual([at.operation.operationId, expect.any(Number)]);
      expect(status).toBeLessThan(300);
    }
  });

  test('what is wrong is told in the words of the dialect', async () => {
    const user = await talk.signedIn();
    const wrong = await again(user, { method: 'password', password: 'not the password at all' });
    if (isDjango)
      expect([wrong.status, wrong.body]).toEqual([
        400,
        { password: ['Your password was entered incorrectly. Please enter it again.'] },
      ]);
    else expect([wrong.status, wrong.body[isEnvelope ? 'error' : 'code']]).toEqual([401, 'bad_credentials']);
    const lacking = await again(user, { method: 'totp', code: '123456' });
    expect(lacking.status).toBe(400);
    expect((await again(user, { method: 'password' })).status).toBe(400);
    const code = await addTotp(talk.app, user.accessToken ?? '');
    const guessed = await again(user, { method: 'totp', code: '000000' });
    expect(guessed.status).toBe(isDjango ? 400 : 401);
    expect((await again(user, { method: 'totp', code: code() })).status).toBe(200);
  });
});

describe('POST /auth/reauthenticate', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());
  const now = () => Math.floor(app.clock.now().getTime() / 1000);
  const again = (user: Browser, json: object) => user.post('/auth/reauthenticate', json);
  const byPassword = { method: 'password', password: PASSWORD };

  test('moves the time of the sign-in, in this session and from then on', async () => {
    const user = await app.signedUp();
    const other = app.browser();
    await other.login(user.email);
    const began = now();
    app.clock.advance(LATER);
    await user.refresh();
    const old = user.accessToken ?? '';
    expect(authOf(old)).toEqual({ amr: ['pwd'], acr: 'aal1', auth_time: began });
    const answer = await again(user, byPassword);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
    expect(authOf(accessIn(answer))).toEqual({ amr: ['pwd'], acr: 'aal1', auth_time: now() });
    const at = now();
    app.clock.advance(300);
    await user.refresh();
    expect(authOf(user.accessToken ?? '').auth_time).toBe(at);
    const { body } = await user.get('/auth/session');
    expect(Date.parse(String(body.authenticated_at))).toBe(at * 1000);
    await other.refresh();
    expect(authOf(other.accessToken ?? '').auth_time).toBe(began);
    const activity = await user.get('/auth/activity');
    expect(activity.body[0]).toMatchObject({
      event: 'reauthentication',
      outcome: 'success',
      reason: 'pwd',
    });
  });

  test('replaces the refresh token, or sends a recent one again', async () => {
    const user = await app.signedUp();
    const first = await user.refreshCookie();
    const cookieOf = ({ setCookie }: Answer) => attributesOf(setCookie[0] ?? '');
    const early = await again(user, byPassword);
    expect([cookieOf(early).name, await user.refreshCookie()]).toEqual(['refresh_token', first]);
    app.clock.advance(300);
    const thief = await user.copy();
    const late = await again(user, byPassword);
    expect(cookieOf(late).name).toBe('refresh_token');
    expect(await user.refreshCookie()).not.toBe(first);
    app.clock.advance(600);
    expect((await user.refresh()).status).toBe(200);
    app.clock.advance(300);
    expect((await thief.refresh()).body.code).toBe('token_reused');
  });

  test('a second factor that was proven long ago is not renewed by the password', async () => {
    const user = await app.signedUp();
    const code = await addTotp(app, user.accessToken ?? '');
    app.clock.advance(300);
    expect(authOf(accessIn(await again(user, byPassword)))).toMatchObject({ acr: 'aal2' });
    app.clock.advance(LATER);
    await user.refresh();
    expect(authOf(user.accessToken ?? '').acr).toBe('aal2');
    expect(authOf(accessIn(await again(user, byPassword)))).toEqual({
      amr: ['pwd'],
      acr: 'aal1',
      auth_time: now(),
    });
    app.clock.advance(60 * 60);
    await user.refresh();
    const strong = await again(user, { method: 'totp', code: code() });
    expect(authOf(accessIn(strong))).toEqual({
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'aal2',
      auth_time: now(),
    });
  });

  test('nor is it renewed by one password after another', async () => {
    const user = await app.signedUp();
    await addTotp(app, user.accessToken ?? '');
    const levels: string[] = [];
    for (let i = 0; i < 4; i++) {
      app.clock.advance(600);
      await user.refresh();
      levels.push(authOf(accessIn(await again(user, byPassword))).acr);
    }
    expect(levels).toEqual(['aal2', 'aal1', 'aal1', 'aal1']);
  });

  test('nor by passwords after a factor that was proven again', async () => {
    const user = await app.signedUp();
    const code = await addTotp(app, user.accessToken ?? '');
    app.clock.advance(300);
    await again(user, { method: 'totp', code: code() });
    app.clock.advance(300);
    expect(authOf(accessIn(await again(user, byPassword)))).toEqual({
      amr: ['pwd'],
      acr: 'aal1',
      auth_time: now(),
    });
  });

  test.each(['cookie', 'body', 'both'] as const)(
    'a stolen access token and the password are no refresh token of an account with a second factor: %s',
    async (refreshTokenIn) => {
      const own = await startApp({ refreshTokenIn });
      try {
        const user = await own.signedUp();
        const code = await addTotp(own, user.accessToken ?? '');
        for (const age of [0, 300]) {
          own.clock.advance(age);
          const thief = own.browser();
          thief.accessToken = user.accessToken;
          const answer = await again(thief, byPassword);
          expect([answer.status, answer.setCookie, answer.body.refresh_token]).toEqual([200, [], undefined]);
          const whole = await again(thief, { method: 'totp', code: code() });
          expect(whole.setCookie.length > 0 || whole.body.refresh_token !== undefined).toBe(true);
        }
      } finally {
        await own.close();
      }
    },
  );

  test('a code works once, however many ask at once', async () => {
    const user = await app.signedUp();
    const code = await addTotp(app, user.accessToken ?? '');
    const json = { method: 'totp', code: code() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => again(user, json)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body } of answers)
      if (status !== 200) expect([status, body.code]).toEqual([401, 'second_factor_wrong']);
    const { body } = await user.get('/auth/activity');
    expect(body[0]).toMatchObject({ event: 'reauthentication', outcome: expect.any(String) });
  });

  test('has no other methods than those of the account, and none for those who have lost theirs', async () => {
    const user = await app.signedUp();
    const methods = ['totp', 'passkey', 'recovery_code', 'email_code', 'nonsense', 'constructor'];
    const code = '123456';
    for (const method of methods)
      expect([method, (await again(user, { method, code, password: PASSWORD })).body.code]).toEqual([
        method,
        'method_not_available',
      ]);
    await addTotp(app, user.accessToken ?? '');
    for (const method of methods.slice(1))
      expect([method, (await again(user, { method, code, password: PASSWORD })).body.code]).toEqual([
        method,
        'method_not_available',
      ]);
    expect((await again(user, {})).body.code).toBe('input_invalid');
  });

  test('is for sessions that are alive', async () => {
    const user = await app.signedUp();
    expect((await again(app.browser(), byPassword)).body.code).toBe('access_missing');
    const { accessToken } = user;
    await user.post('/auth/logout');
    user.accessToken = accessToken;
    expect((await again(user, byPassword)).body.code).toBe('token_blacklisted');
  });
});

test('wrong passwords and codes are limited', async () => {
  const app = await startApp({
    rateLimit: true,
    limitPasswordAccount: '3/1h',
    limitSecondFactorAccount: '3/1h',
  });
  try {
    const user = await app.signedUp();
    const code = await addTotp(app, user.accessToken ?? '');
    const wrong = [
      { method: 'password', password: 'not the password at all' },
      { method: 'totp', code: '000000' },
    ];
    for (const json of wrong) {
      const codes: unknown[] = [];
      for (let i = 0; i < 4; i++) codes.push((await user.post('/auth/reauthenticate', json)).body.code);
      expect(codes).toEqual([
        ...Array.from({ length: 3 }, () =>
          json.method === 'totp' ? 'second_factor_wrong' : 'bad_credentials',
        ),
        'rate_limited',
      ]);
    }
    app.clock.advance(3600);
    await user.refresh();
    expect((await user.post('/auth/reauthenticate', { method: 'totp', code: code() })).status).toBe(200);
  } finally {
    await app.close();
  }
});

test('a page of a trusted origin can read what is demanded', async () => {
  const origin = 'https://app.example';
  const app = await startApp({ trustedOrigins: [origin] });
  try {
    const user = await app.signedUp();
    await addTotp(app, user.accessToken ?? '');
    app.clock.advance(LATER);
    await user.refresh();
    const answer = await user.delete('/auth/user', { password: PASSWORD }, { headers: { origin } });
    expect(isInsufficient(answer)).toBe(true);
    expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  } finally {
    await app.close();
  }
});

@Controller('vault')
@UseFilters(ProblemFilter)
class VaultController {
  @Get('fresh')
  @RequireFresh()
  fresh() {
    return { in: true };
  }

  @Get('minute')
  @UseGuards(AccessGuard)
  @RequireFresh(60)
  minute() {
    return { in: true };
  }

  @Get('strong')
  @RequireLevel('aal2')
  strong() {
    return { in: true };
  }

  @Get('both')
  @RequireLevel('aal2')
  @RequireFresh()
  both() {
    return { in: true };
  }
}

@Controller('safe')
@RequireLevel('aal2')
@UseFilters(ProblemFilter)
class SafeController {
  @Get('inside')
  inside() {
    return { in: true };
  }

  @Get('inside/fresh')
  @RequireFresh()
  fresh() {
    return { in: true };
  }
}

describe.each(['fastify', 'express'])('the routes of a host on %s', (platform) => {
  const tells = async (user: Browser, path: string) => {
    const { status, body, headers } = await user.get(path);
    const { code, max_age, acr_values } = body;
    return [status, ...(status === 200 ? [] : [code, max_age, acr_values, headers.get('www-authenticate')])];
  };
  const refused = (max_age?: number, acr?: string) => [
    401,
    'insufficient_user_authentication',
    max_age,
    acr,
    [
      'Bearer error="insufficient_user_authentication", error_description="Authenticate again"',
      ...(max_age === undefined ? [] : [`max_age="${max_age}"`]),
      ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ].join(', '),
  ];

  test('demand a recent sign-in or two factors by a decorator, without a query', async () => {
    const database = await createDatabase();
    const { databaseUrl } = database.settings as { databaseUrl: string };
    const tap = isEmbedded ? undefined : await tapStatements(databaseUrl);
    const clock = new TestClock();
    @Module({
      imports: [
        TokenjarModule.forRoot({
          databaseUrl: tap?.databaseUrl ?? databaseUrl,
          secretKey: SECRET_KEY,
          rateLimit: false,
          clock: clock,
        }),
      ],
      controllers: [VaultController, SafeController],
    })
    class HostModule {}
    const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
    const app = await NestFactory.create(HostModule, adapter as FastifyAdapter, {
      logger: false,
      abortOnError: false,
    });
    try {
      await app.listen(0, '127.0.0.1');
      const user = new Browser((await app.getUrl()).replace('localhost', '127.0.0.1'));
      expect((await user.get('/vault/fresh')).body.code).toBe('access_missing');
      expect((await user.get('/safe/inside')).body.code).toBe('access_missing');
      await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });

      expect(await tells(user, '/vault/fresh')).toEqual([200]);
      expect(await tells(user, '/vault/minute')).toEqual([200]);
      expect(await tells(user, '/vault/strong')).toEqual(refused(undefined, 'aal2'));
      clock.advance(61);
      expect(await tells(user, '/vault/fresh')).toEqual([200]);
      expect(await tells(user, '/vault/minute')).toEqual(refused(60));
      clock.advance(LATER);
      await user.refresh();
      const act = async () => {
        expect(await tells(user, '/vault/fresh')).toEqual(refused(900));
        expect(await tells(user, '/vault/both')).toEqual(refused(900, 'aal2'));
        expect(await tells(user, '/safe/inside')).toEqual(refused(undefined, 'aal2'));
        expect(await tells(user, '/safe/inside/fresh')).toEqual(refused(900, 'aal2'));
      };
      if (tap) expect(await tap.countDuring(act)).toBe(0);
      else await act();

      await user.post('/auth/reauthenticate', { method: 'password', password: PASSWORD });
      expect(await tells(user, '/vault/minute')).toEqual([200]);
      expect(await tells(user, '/vault/fresh')).toEqual([200]);
      const code = await addTotp({ app: app as never, clock }, user.accessToken ?? '');
      await user.post('/auth/reauthenticate', { method: 'totp', code: code() });
      for (const path of ['/vault/strong', '/vault/both', '/safe/inside', '/safe/inside/fresh'])
        expect([path, await tells(user, path)]).toEqual([path, [200]]);
    } finally {
      await app.close();
      await tap?.close();
      await database.drop();
    }
  }, 60_000);
});
