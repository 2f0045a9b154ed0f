import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { codeOf } from '../support/totp.js';

// What dj_rest_auth.mfa answers; where its way is not safe, ours is, and docs/second-factors.md says so.
describe.each(['django', 'django-legacy'] as const)('%s', (dialect) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ dialect });
  });
  afterAll(() => app.close());

  const accessIn = (body: Record<string, unknown>) =>
    (body.access ?? body.access_token) as string | undefined;
  async function signedUp(): Promise<Browser & { email: string }> {
    const email = uniqueEmail();
    const user = Object.assign(app.browser(), { email });
    const { body } = await user.post('/auth/registration/', {
      email,
      password1: PASSWORD,
      password2: PASSWORD,
    });
    user.accessToken = accessIn(body);
    return user;
  }
  async function renew(user: Browser): Promise<void> {
    user.accessToken = (await user.refresh()).body.access as string;
  }
  async function activated(): Promise<Browser & { email: string; secret: string; codes: string[] }> {
    const user = await signedUp();
    const { body } = await user.get('/auth/mfa/totp/activate/');
    const [secret, activation_token] = [String(body.secret), body.activation_token];
    const code = codeOf(secret, app.clock.now());
    const done = await user.post('/auth/mfa/totp/activate/', { activation_token, code });
    expect(done.status).toBe(200);
    app.clock.advance(30);
    await renew(user);
    return Object.assign(user, { secret, codes: done.body.recovery_codes as string[] });
  }

  test('activates, tells its status, verifies and deactivates', async () => {
    const user = await signedUp();
    expect((await user.get('/auth/mfa/status/')).body).toEqual({
      mfa_enabled: false,
      created_at: null,
      last_used_at: null,
    });
    const { body: begun } = await user.get('/auth/mfa/totp/activate/');
    expect(begun).toEqual({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      totp_url: expect.stringMatching(/^otpauth:\/\/totp\//),
      qr_code_data_uri: '',
      activation_token: expect.any(String),
    });
    const { activation_token } = begun;
    const code = codeOf(String(begun.secret), app.clock.now());
    const activate = async (json: object) => {
      const { status, body } = await user.post('/auth/mfa/totp/activate/', json);
      return [status, body];
    };
    expect(await activate({ activation_token: 'x', code })).toEqual([
      400,
      { activation_token: ['Invalid or expired activation token.'] },
    ]);
    expect(await activate({ activation_token, code: '000000' })).toEqual([
      400,
      { code: ['Invalid code. Please check your authenticator app and try again.'] },
    ]);
    expect(await activate({ code })).toEqual([400, { activation_token: ['This field is required.'] }]);
    const [status, done] = await activate({ activation_token, code });
    expect([status, (done as { recovery_codes: string[] }).recovery_codes.length]).toEqual([200, 10]);
    app.clock.advance(30);
    await renew(user);
    expect(await activate({ activation_token, code })).toEqual([
      400,
      { detail: 'MFA is already enabled. Deactivate it before activating again.' },
    ]);
    expect((await user.get('/auth/mfa/status/')).body).toMatchObject({ mfa_enabled: true });
    expect((await user.get('/auth/mfa/recovery-codes/')).body).toEqual({ codes: [], codes_left: 10 });
    expect((await user.post('/auth/mfa/recovery-codes/regenerate/')).body).toEqual({
      codes: expect.arrayContaining([expect.any(String)]),
    });
    const off = async (each: string) => {
      const answer = await user.post('/auth/mfa/totp/deactivate/', { code: each });
      return [answer.status, answer.body];
    };
    expect(await off('000000')).toEqual([400, { code: ['Invalid code.'] }]);
    const checks = await app.sql(
      `SELECT a.outcome, a.reason FROM tokenjar.audit_events a JOIN tokenjar.users u ON u.id = a.user_id
        WHERE u.email = $1 AND a.event = 'second_factor_check'`,
      [user.email],
    );
    expect(checks).toEqual([{ outcome: 'failure', reason: 'second_factor_wrong' }]);
    const next = codeOf(String(begun.secret), app.clock.now());
    expect(await off(next)).toEqual([200, { detail: 'TOTP has been deactivated.' }]);
    expect(await off(next)).toEqual([400, { detail: 'MFA is not enabled.' }]);
    const none = await user.post('/auth/mfa/recovery-codes/regenerate/');
    expect([none.status, none.body]).toEqual([400, { detail: 'MFA is not enabled.' }]);
  });

  test('wrong codes are limited wherever they are entered, with RATE_LIMIT=off too', async () => {
    const user = await activated();
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++)
      statuses.push((await user.post('/auth/mfa/totp/deactivate/', { code: '000000' })).status);
    expect([new Set(statuses.slice(0, 10)), statuses[10]]).toEqual([new Set([400]), 429]);
  });

  test('a login answers an ephemeral token, which opens mfa/verify once', async () => {
    const user = await activated();
    const begin = async (): Promise<string> => {
      const { status, body, setCookie } = await app
        .browser()
        .post('/auth/login/', { email: user.email, password: PASSWORD });
      expect([status, body]).toEqual([
        200,
        {
          ephemeral_token: expect.stringMatching(/^[\w-]{43}$/),
          mfa_required: true,
          needs: 'second_factor_required',
          methods: ['totp', 'recovery_code'],
          expires_in: 300,
        },
      ]);
      expect(setCookie.filter((line) => /^(pending|refresh)/.test(line))).toEqual([]);
      return String(body.ephemeral_token);
    };
    const verify = async (json: object) => {
      const { status, body } = await app.browser().post('/auth/mfa/verify/', json);
      return { status, body, access: accessIn(body) };
    };
    const ephemeral_token = await begin();
    const code = codeOf(user.secret, app.clock.now());
    expect(await verify({ ephemeral_token, code: '000000' })).toMatchObject({
      status: 400,
      body: { code: ['Invalid code.'] },
    });
    expect(await verify({ ephemeral_token: 'x', code })).toMatchObject({
      status: 400,
      body: { ephemeral_token: ['Invalid or expired token.'] },
    });
    expect(await verify({ ephemeral_token })).toMatchObject({
      status: 400,
      body: { code: ['This field is required.'] },
    });
    const done = await verify({ ephemeral_token, code });
    expect([done.status, typeof done.access]).toEqual([200, 'string']);
    expect(await verify({ ephemeral_token, code })).toMatchObject({
      status: 400,
      body: { ephemeral_token: ['Invalid or expired token.'] },
    });
    // One field for both kinds of codes, as there.
    const recovery = await verify({ ephemeral_token: await begin(), code: user.codes[0] });
    expect([recovery.status, typeof recovery.access]).toEqual([200, 'string']);
  });

  test('a login that needs a set-up says so, and mfa/verify completes it with recovery codes', async () => {
    const { email } = await signedUp();
    await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [email]);
    const { body } = await app.browser().post('/auth/login/', { email, password: PASSWORD });
    expect(body).toMatchObject({
      mfa_required: true,
      needs: 'second_factor_setup_required',
      methods: ['passkey', 'totp'],
    });
    const { ephemeral_token } = body;
    const begun = await app.browser().post('/auth/login/setup', { method: 'totp', ephemeral_token });
    const code = codeOf(String(begun.body.secret), app.clock.now());
    const form = { ephemeral_token: String(ephemeral_token), code, trust_device: 'true' };
    const done = await app.browser().send('POST', '/auth/mfa/verify/', { form });
    expect([done.status, typeof accessIn(done.body), done.body.recovery_codes]).toEqual([
      200,
      'string',
      Array.from({ length: 10 }, () => expect.any(String)),
    ]);
  });
});

test('the other dialects have none of its paths', async () => {
  const app = await startApp();
  try {
    const user = await app.signedUp();
    for (const [method, path] of [
      ['GET', 'status'],
      ['GET', 'totp/activate'],
      ['POST', 'verify'],
      ['POST', 'recovery-codes/regenerate'],
    ] as const) {
      const { status, body } = await user.send(method, `/auth/mfa/${path}`);
      expect([path, status, body.code]).toEqual([path, 404, 'not_found']);
    }
  } finally {
    await app.close();
  }
});
