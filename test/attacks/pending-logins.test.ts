import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SecondStep, SecondSteps, type SignInProgress } from '../../src/index.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';

/** Attacks on logins that lack a step, by somebody who has the password, and time on their side. */

const PIN = '246810';
const WORD = 'xyzzy';
const SECOND_FACTOR = '/auth/login/second-factor';

/** A factor that every account has, and whose judgement can be held until something else has happened. */
class HeldStep implements SecondStep {
  readonly methods = ['pin'];
  isOn = true;
  /** What happens between a right answer and the session that it opens. */
  between: () => Promise<unknown> = () => Promise.resolve();

  needs({ methods }: SignInProgress) {
    const isMissing = this.isOn && !methods.includes('otp');
    return Promise.resolve(
      isMissing ? ({ kind: 'second_factor', methods: this.methods, state: 'pin' } as const) : undefined,
    );
  }

  async verify(_progress: SignInProgress, { code }: { code?: string | undefined }) {
    if (code !== PIN) return undefined;
    await this.between();
    return ['otp'] as const;
  }
}

/** Another one, which accounts have as well while it is on. */
class WordStep implements SecondStep {
  readonly methods = ['word'];
  isOn = false;

  needs({ methods }: SignInProgress) {
    const isMissing = this.isOn && !methods.includes('hwk');
    return Promise.resolve(
      isMissing ? ({ kind: 'second_factor', methods: this.methods, state: 'word' } as const) : undefined,
    );
  }

  verify(_progress: SignInProgress, { code }: { code?: string | undefined }) {
    return Promise.resolve(code === WORD ? (['hwk'] as const) : undefined);
  }
}

type Instance = TestApp & { pin: HeldStep; word: WordStep };

let database: TestDatabase;
let app: Instance;
/** The same data at another instance; the embedded database belongs to one process. */
let other: Instance;

async function start(settings: Parameters<typeof startApp>[0], given?: TestDatabase): Promise<Instance> {
  const started = await startApp(settings, given);
  const [pin, word] = [new HeldStep(), new WordStep()];
  const steps = started.app.get(SecondSteps, { strict: false });
  steps.register(pin);
  steps.register(word);
  return Object.assign(started, { pin, word });
}
beforeAll(async () => {
  database = await createDatabase();
  app = await start({}, database);
  other = isEmbedded ? app : await start({ clock: app.clock }, database);
}, 60_000);
afterAll(async () => {
  if (other !== app) await other.close();
  await app.close();
  await database.drop();
});

let email: string;
let browser: Browser;
beforeEach(async () => {
  for (const { pin } of [app, other]) pin.isOn = false;
  ({ email } = await app.signedUp());
  await app.sql('DELETE FROM tokenjar.sessions');
  for (const { pin } of [app, other]) pin.isOn = true;
  browser = app.browser();
  expect((await browser.login(email)).status).toBe(401);
});
afterEach(() => {
  for (const { pin, word } of [app, other]) {
    pin.between = () => Promise.resolve();
    word.isOn = false;
  }
});

const saidOf = ({ status, body }: Answer) => [status, status === 200 ? 'in' : body.code];
const answer = async (at: Browser = browser, json: object = { method: 'pin', code: PIN }) =>
  saidOf(await at.post(SECOND_FACTOR, json));
const EXPIRED = [401, 'login_expired'];
const WRONG = { method: 'pin', code: '000000' };
const sessions = () => app.sql('SELECT id FROM tokenjar.sessions');
const secretIn = async (at: Browser): Promise<string> =>
  (await at.jar.getCookies(app.url)).find(({ key }) => key === 'pending_login')?.value ?? '';
/** The same browser, as a load balancer sends it to the other instance. */
async function elsewhere(at: Browser): Promise<Browser> {
  const moved = new Browser(other.url);
  for (const { key, value } of await at.jar.getCookies(app.url))
    await moved.jar.setCookie(`${key}=${value}`, other.url);
  return moved;
}

const userId = async () => (await app.app.get(Users, { strict: false }).findByEmail(email))?.id ?? 0;
const END: [string, () => Promise<unknown>][] = [
  [
    'a new password',
    () => app.sql('UPDATE tokenjar.users SET password_hash = $2 WHERE email = $1', [email, 'x']),
  ],
  [
    'a new address',
    () => app.sql('UPDATE tokenjar.users SET email = $2 WHERE email = $1', [email, uniqueEmail()]),
  ],
  ['deactivation', async () => app.app.get(SessionEnding, { strict: false }).deactivateUser(await userId())],
  [
    'deactivation and activation',
    async () => {
      const id = await userId();
      await app.app.get(SessionEnding, { strict: false }).deactivateUser(id);
      await app.app.get(Users, { strict: false }).activate(id);
    },
  ],
  ['deletion', () => app.sql('DELETE FROM tokenjar.users WHERE email = $1', [email])],
  ['the end of its five minutes', () => Promise.resolve(app.clock.advance(300))],
  ['another answer that was right', () => answer()],
];

describe('between a right answer and its session', () => {
  test.each(END)('%s leaves none of it', async (what, end) => {
    const at = await elsewhere(browser);
    let isDone = false;
    const once = async () => {
      if (isDone) return;
      isDone = true;
      await end();
    };
    for (const { pin } of [app, other]) pin.between = once;
    expect(await answer(at)).toEqual(EXPIRED);
    expect(await sessions()).toHaveLength(what.startsWith('another') ? 1 : 0);
    expect(await answer(at)).toEqual(EXPIRED);
  });
});

test('of twenty right answers at two instances one opens a session', async () => {
  const at = await elsewhere(browser);
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => answer(i % 2 ? at : browser)));
  expect(all.filter(([status]) => status === 200)).toHaveLength(1);
  expect(await sessions()).toHaveLength(1);
});

test('of guesses at two instances five are judged, and the right one among the rest is not', async () => {
  const at = await elsewhere(browser);
  const guesses = Array.from({ length: 16 }, (_, i) => answer(i % 2 ? at : browser, WRONG));
  const wrong = (await Promise.all(guesses)).filter(([, code]) => code === 'second_factor_wrong');
  expect(wrong).toHaveLength(5);
  expect([await answer(at), await answer(browser)]).toEqual([EXPIRED, EXPIRED]);
});

describe('two steps', () => {
  beforeEach(() => {
    for (const { word } of [app, other]) word.isOn = true;
  });

  test('are both asked for, however they are answered at once', async () => {
    // It began before there were two.
    expect(await answer()).toEqual(EXPIRED);
    expect((await browser.login(email)).status).toBe(401);
    const at = await elsewhere(browser);
    const first = await Promise.all([answer(), answer(at), answer(browser, { method: 'word', code: WORD })]);
    expect(first.filter(([status]) => status === 200).length).toBeLessThanOrEqual(1);
    // Whatever was lost of it, the login can be finished, and nobody is in with one alone.
    for (const json of [
      { method: 'pin', code: PIN },
      { method: 'word', code: WORD },
    ])
      if ((await sessions()).length === 0) await answer(browser, json);
    const rows = await app.sql<{ auth_methods: string[] }>('SELECT auth_methods FROM tokenjar.sessions');
    expect(rows).toEqual([{ auth_methods: expect.arrayContaining(['pwd', 'otp', 'hwk']) }]);
  });

  test('of which one is passed do not open with that one again', async () => {
    expect((await browser.login(email)).status).toBe(401);
    expect(await answer()).toEqual([401, 'second_factor_required']);
    expect(await answer()).toEqual([400, 'method_not_available']);
    expect(await sessions()).toEqual([]);
    expect(await answer(browser, { method: 'word', code: WORD })).toEqual([200, 'in']);
  });
});

describe('cookie and body', () => {
  test('a secret in the body counts, and one that is over takes nothing from the cookie', async () => {
    for (let i = 0; i < 6; i++)
      expect(await answer(browser, { method: 'pin', code: PIN, login_token: 'x'.repeat(43) })).toEqual(
        EXPIRED,
      );
    expect(await secretIn(browser)).not.toBe('');
    expect(await answer()).toEqual([200, 'in']);
  });

  test('a second login in the same browser is the one that goes on', async () => {
    const before = await secretIn(browser);
    app.pin.isOn = false;
    const { email: another } = await app.signedUp();
    app.pin.isOn = true;
    expect((await browser.login(another)).status).toBe(401);
    expect(await secretIn(browser)).not.toBe(before);
    const done = await browser.post(SECOND_FACTOR, { method: 'pin', code: PIN });
    expect((done.body.user as { email: string }).email).toBe(another);
    // Back: the page of before sends its answer once more.
    expect(await answer()).toEqual(EXPIRED);
  });

  test('whoever signs in otherwise keeps that session, whatever becomes of the rest', async () => {
    for (const { pin } of [app, other]) pin.isOn = false;
    const { email: another } = await app.signedUp();
    expect((await browser.login(another)).status).toBe(200);
    for (const { pin } of [app, other]) pin.isOn = true;
    app.clock.advance(300);
    expect(await answer()).toEqual(EXPIRED);
    expect((await browser.refresh()).status).toBe(200);
  });

  test.each([
    ['empty', ''],
    ['of another kind', 'a.b.c'],
    ['very long', 'x'.repeat(3000)],
    ['many', Array.from({ length: 100 }, (_, i) => `pending_login=${String(i)}`).join('; ')],
  ])('junk that is %s is expired, and no failure', async (_what, junk) => {
    const cookie = junk.startsWith('pending') ? junk : `pending_login=${junk}`;
    expect(saidOf(await app.browser().post(SECOND_FACTOR, { method: 'pin', code: PIN }, { cookie }))).toEqual(
      EXPIRED,
    );
  });
});

test('a right answer that opens no session for another reason is no wrong one', async () => {
  const strict = await start({ sessionLimit: 1, sessionLimitPolicy: 'refuse' });
  try {
    strict.pin.isOn = false;
    const owner = await strict.signedUp();
    strict.pin.isOn = true;
    const at = strict.browser();
    expect((await at.login(owner.email)).status).toBe(401);
    for (let i = 0; i < 7; i++) expect(await answer(at)).toEqual([403, 'session_limit_reached']);
    expect((await owner.post('/auth/logout')).status).toBe(204);
    expect(await answer(at)).toEqual([200, 'in']);
  } finally {
    await strict.close();
  }
});

test('what the first step asked for is what the session is', async () => {
  const at = app.browser();
  const first = await at.post('/auth/login', { email, password: PASSWORD, remember: false });
  expect(first.status).toBe(401);
  const done = await at.post(SECOND_FACTOR, { method: 'pin', code: PIN, remember: true });
  expect(done.status).toBe(200);
  const cookie = done.setCookie.find((line) => line.startsWith('refresh_token=')) ?? '';
  expect(cookie).not.toMatch(/max-age|expires/i);
});
