import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import argon2 from 'argon2';
import { SessionEnding, Users } from '../../src/index.js';
import { DIALECTS } from '../../src/http/dialects/dialects.js';
import { has } from '../../src/http/dialects/dialect.js';
import { ROUTES, rowOf } from '../../src/http/operations.js';
import { under } from '../../src/http/operation-row.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { enterCode, withTotp } from '../support/factors.js';

/*
 * Ways in × states of the account, from the table of operations: in no cell is there a token, a refresh cookie or a
 * session before all factors have been used.
 */

const CREDENTIALS = { email: 'ada@example.com', password: PASSWORD };

/** The first steps of signing in by address and password. Other first steps have flows of their own. */
const WAYS = ROUTES.filter(
  ({ operation, ...each }) =>
    rowOf(operation).access === 'public' &&
    rowOf(operation).cookie === 'sets' &&
    DIALECTS.standard.operations[operation]?.takes?.safeParse(CREDENTIALS).success === true &&
    has(DIALECTS.standard, { ...each, operation }),
);

type Cell = 'session' | 'second_factor_required' | 'second_factor_setup_required' | 'no hint' | 'taken';

interface State {
  name: string;
  /** Brings a new account there. @returns a browser that is to sign in. */
  make: (app: TestApp, email: string) => Promise<Browser>;
  /** What comes of the first step; of a registration where it is another. */
  cell: Cell;
  settings?: Parameters<typeof startApp>[0];
}

const userOf = async (app: TestApp, email: string) => {
  const user = await app.app.get(Users, { strict: false }).findByEmail(email);
  if (!user) throw new Error(`nobody has ${email}`);
  return user;
};
const withApp = async (app: TestApp, email: string) => withTotp(app, await app.signedUp(email));

const STATES: State[] = [
  {
    name: 'no factor',
    make: async (app, email) => {
      await app.signedUp(email);
      return app.browser();
    },
    cell: 'session',
  },
  {
    name: 'TOTP',
    make: async (app, email) => {
      await withApp(app, email);
      return app.browser();
    },
    cell: 'second_factor_required',
  },
  {
    name: 'mandatory without set-up',
    make: async (app, email) => {
      await app.signedUp(email);
      await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [email]);
      return app.browser();
    },
    cell: 'second_factor_setup_required',
  },
  {
    name: 'deactivated, with TOTP',
    make: async (app, email) => {
      await withApp(app, email);
      await app.app.get(SessionEnding, { strict: false }).deactivateUser((await userOf(app, email)).id);
      return app.browser();
    },
    cell: 'no hint',
  },
  {
    name: 'a trusted device',
    make: async (app, email) => {
      const { secret } = await withApp(app, email);
      const browser = app.browser();
      await browser.login(email);
      await enterCode(app, browser, secret, { trust_device: true });
      await browser.post('/auth/logout');
      browser.accessToken = undefined;
      return browser;
    },
    cell: 'session',
  },
  {
    name: 'a trusted device of somebody else',
    make: async (app, email) => {
      await withApp(app, email);
      const { secret, email: other } = await withApp(app, uniqueEmail());
      const browser = app.browser();
      await browser.login(other);
      await enterCode(app, browser, secret, { trust_device: true });
      await browser.post('/auth/logout');
      browser.accessToken = undefined;
      return browser;
    },
    cell: 'second_factor_required',
  },
];

const sessionsOf = async (app: TestApp, email: string): Promise<number> => {
  const [row] = await app.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1`,
    [email],
  );
  return row?.count ?? -1;
};

/** What an answer opens, in any place. */
const opensIn = ({ text, setCookie }: Answer): string[] => [
  ...(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/.test(text) ? ['token'] : []),
  ...(setCookie.some((line) => /refresh_token=e/.test(line)) ? ['cookie'] : []),
];

test('the table has the ways that the operations have', () => {
  expect(WAYS.map(({ id }) => id)).toEqual(['login', 'obtainToken', 'register', 'signUp']);
});

describe('an account that is there', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const cells = STATES.flatMap((state) =>
    WAYS.map(({ id, operation, route }): [string, string, State, boolean] => [
      state.name,
      under('auth', route).split(' ')[1] ?? id,
      state,
      operation === 'register',
    ]),
  );
  test.each(cells)('%s: %s', async (_state, path, { make, cell }, isRegistration) => {
    const email = uniqueEmail();
    const browser = await make(app, email);
    const before = await sessionsOf(app, email);
    const answer = await browser.post(path, { email, password: PASSWORD });
    // A registration of an address that is taken says so, and opens nothing whatever the account has.
    const expected: Cell = isRegistration ? 'taken' : cell;
    if (expected === 'session') {
      expect([answer.status, opensIn(answer)]).toEqual([200, ['token', 'cookie']]);
      expect(await sessionsOf(app, email)).toBe(before + 1);
      return;
    }
    const code = { taken: 'email_taken', 'no hint': 'bad_credentials' }[expected as string] ?? expected;
    expect([answer.body.code, opensIn(answer)]).toEqual([code, []]);
    expect(await sessionsOf(app, email)).toBe(before);
    // The secret of the pending login opens nothing but its own routes.
    for (const next of ['/auth/session', '/auth/user', '/auth/factors', '/auth/sessions'])
      expect((await browser.get(next)).status).toBe(401);
    expect((await browser.refresh()).status).toBe(401);
  });
});

describe.each([
  ['required', { secondFactor: 'required' }, 'second_factor_setup_required'],
  ['optional', {}, 'session'],
] as const)('SECOND_FACTOR=%s, an account that is new', (_name, settings, cell) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp(settings);
  });
  afterAll(() => app.close());

  test.each(WAYS.filter(({ operation }) => operation === 'register').map(({ id, route }) => [id, route]))(
    '%s',
    async (_id, route) => {
      const email = uniqueEmail();
      const path = under('auth', route as `POST /${string}`).split(' ')[1] ?? '';
      const answer = await app.browser().post(path, { email, password: PASSWORD });
      expect([answer.status, answer.body.code ?? 'session']).toEqual([201, cell]);
      expect(opensIn(answer)).toEqual(cell === 'session' ? ['token', 'cookie'] : []);
      expect(await sessionsOf(app, email)).toBe(cell === 'session' ? 1 : 0);
    },
  );
});

describe('an address that is not verified, where that is mandatory', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ emailVerification: 'mandatory' });
  });
  afterAll(() => app.close());

  test.each(['/auth/login', '/auth/token'])('%s opens nothing, whatever factor there is', async (path) => {
    const email = uniqueEmail();
    type Creates = { create(email: string, hash: string): Promise<{ id: number }> };
    const users: Creates = app.app.get(Users, { strict: false });
    const { id } = await users.create(email, await argon2.hash(PASSWORD));
    await app.sql(
      `INSERT INTO tokenjar.factors (id, user_id, type, created_at) VALUES (gen_random_uuid(), $1, 'totp', now())`,
      [id],
    );
    const answer = await app.browser().post(path, { email, password: PASSWORD });
    expect([answer.body.code, opensIn(answer)]).toEqual(['email_not_verified', []]);
    expect(await sessionsOf(app, email)).toBe(0);
  });
});

describe('advisories of peers', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('the session of somebody else in the same browser does not count as the second factor (better-auth#9203)', async () => {
    const other = await app.signedUp();
    const { email } = await withApp(app, uniqueEmail());
    const answer = await other.login(email);
    expect([answer.body.code, opensIn(answer)]).toEqual(['second_factor_required', []]);
    expect((await other.get('/auth/user')).body.email).toBe(other.email);
  });

  test('a field of the body does not mark a factor as used (CVE-2026-27946)', async () => {
    const { email } = await withApp(app, uniqueEmail());
    const more = { amr: ['otp', 'mfa'], acr: 'aal2', methods: ['otp'], second_factor: true, verified: true };
    const browser = app.browser();
    const answer = await browser.post('/auth/login', { email, password: PASSWORD, ...more });
    expect([answer.body.code, opensIn(answer)]).toEqual(['second_factor_required', []]);
    const step = await browser.post('/auth/login/second-factor', { method: 'totp', code: '000000', ...more });
    expect([step.body.code, opensIn(step)]).toEqual(['second_factor_wrong', []]);
  });

  test('a password reset neither removes nor satisfies it (kratos#4317)', async () => {
    const { email } = await withApp(app, uniqueEmail());
    await app.sql(
      'UPDATE tokenjar.users SET credentials_epoch = credentials_epoch + 1, email_verified = true WHERE email = $1',
      [email],
    );
    const answer = await app.browser().login(email);
    expect([answer.body.code, opensIn(answer)]).toEqual(['second_factor_required', []]);
  });

  test('a pending login is over when the password changes, and a factor that is added in between is asked for', async () => {
    const { email, secret } = await withApp(app, uniqueEmail());
    const browser = app.browser();
    await browser.login(email);
    await app.sql(`UPDATE tokenjar.users SET password_hash = 'x' WHERE email = $1`, [email]);
    expect((await enterCode(app, browser, secret)).body.code).toBe('login_expired');
  });
});
