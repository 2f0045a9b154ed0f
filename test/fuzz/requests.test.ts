import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startApp, type TestApp } from '../support/app.js';
import { type Contract, contractOf, type OpenApiDocument } from '../support/contract.js';
import { readPart } from '../support/jwt.js';
import { isLong } from '../support/long.js';
import { idsWhere } from '../support/operations.js';
import { step, type Step } from './arbitraries.js';
import type { TokenChoice } from './bodies.js';
import { type Received, Sender } from './send.js';
import { NEWEST, type Played, type Rows, tokensIn, World } from './world.js';

const STEPS = 12;
/** They refuse so little that few requests do not meet it. */
const SELDOM = [
  ...['providerCallback', 'providerFormPost', 'loginOptions', 'requestLoginCode', 'verifyToken'],
  ...['resendEmail', 'resetPassword', 'signUp'],
];
const RUNS = isLong ? 420 : 60;
/** `FUZZ_SEED=random` goes other ways each time; a number repeats what a failure printed. */
const { FUZZ_SEED } = process.env;
const SEED = FUZZ_SEED === 'random' ? Date.now() % 2 ** 31 : Number(FUZZ_SEED ?? 20_260_301);

/** What they take stands in an email only: nothing that is made up can be good. Their stories are in `test/flows`. */
const BY_EMAIL = [
  ...idsWhere(({ errors }) => errors.includes('link_invalid')),
  ...['confirmLoginCode', 'showLoginCode'],
];
/** What they take, only a factor, a passkey or a login that lacks a step can give. Their stories are in `test/flows`. */
const BY_FACTOR = [
  ...[
    'verifySecondFactor',
    'verifyMfa',
    'showPendingLogin',
    'setUpLoginFactor',
    'confirmTotp',
    'renameFactor',
    'removeFactor',
  ],
  ...['removeTrustedDevice', 'cancelFactorReset', 'replaceRecoveryCodes', 'regenerateRecoveryCodes'],
  ...['activateTotp', 'deactivateTotp', 'passkeyLogin', 'completePasskeyLogin', 'addPasskey'],
  ...['completePasskeyRegistration', 'getPasskey', 'renamePasskey', 'replacePasskey', 'removePasskey'],
  // Nobody has a provider here.
  ...['reauthenticationOptions', 'startProvider', 'removeIdentity'],
  ...[
    'requestIdentityCode',
    'createProviderNonce',
    'idTokenLogin',
    'providerNotification',
    'providerCodeLogin',
  ],
  ...['beginSocialLogin', 'socialLogin', 'beginSocialConnect', 'socialConnect', 'disconnectSocialAccount'],
];
/** Nobody here is an administrator. */
const BY_ADMINS = idsWhere(({ access }) => access === 'admin');
/** Nobody here has the permission of another service, and the IDs that are tried are those of sessions. */
const BY_SERVICES = [...idsWhere(({ access }) => access === 'service'), 'revokeKey'];
/** It needs the key of a device. */
const BY_DEVICE = ['bindDevice'];
/** What a browser is not told in a 4xx, at which it would forget its key. */
const NO_END = ['token_invalid', 'cookie_ambiguous', 'origin_refused', 'rate_limited'];
const UNREACHED = [...BY_DEVICE, ...BY_EMAIL, ...BY_FACTOR, ...BY_ADMINS, ...BY_SERVICES];
const BY_KEY = idsWhere(({ keys }) => keys === 'only');
const OPENS_SESSIONS = idsWhere(({ cookie }) => cookie === 'sets');
/** What of ours, of Node or of PostgreSQL must not be seen outside. */
const INSIDES =
  /\bat .+:\d+:\d+|node_modules|\bSELECT\b|\bINSERT\b|tokenjar\.(users|sessions)|QueryFailed|pg_/;

describe.each(['standard', 'django', 'django-legacy', 'envelope'] as const)('%s', (dialect) => {
  let app: TestApp;
  let sender: Sender;
  let contract: Contract;
  let world: World;
  /** The sessions there are. Read after each request: nothing else makes or ends one. */
  let rows: Rows;
  const seen = new Map<string, Set<number>>();
  let requests = 0;
  const busy: string[] = [];

  beforeAll(async () => {
    const deviceBoundSessions = dialect === 'envelope';
    app = await startApp({ dialect, emailCodeLogin: true, apiKeys: true, deviceBoundSessions });
    sender = new Sender(app.url);
    contract = await contractOf(app);
    const { body } = await app.browser().get('/openapi.json');
    world = new World(app, body as unknown as OpenApiDocument);
    rows = await world.rows();
  });
  afterAll(async () => {
    sender.close();
    await app.close();
  });

  async function play(plan: Step): Promise<void> {
    app.clock.advance(plan.tick);
    const before = rows;
    const played = world.play(plan, before);
    const received = await sender.send(played);
    const after = (rows = await world.rows());
    requests++;
    // By another method it may be another operation, which counts for itself.
    if (plan.method === null || received.status >= 400)
      seen.set(played.operationId, (seen.get(played.operationId) ?? new Set()).add(received.status));
    try {
      judge(played, received, before, after);
    } catch (error) {
      const { method, path, headers, body } = played;
      const sent = JSON.stringify({ method, path, headers, body: body?.slice(0, 2000) });
      throw new Error(
        `${sent}\n→ ${received.status} ${received.text}\n${String(error)}\n${app.log.slice(-3).join('\n')}`,
        { cause: error },
      );
    }
    world.learn(received.text, received.setCookie, after, played.held);
  }

  function judge(played: Played, received: Received, before: Rows, after: Rows): void {
    const { status, text, headers, setCookie } = received;
    contract.check({ ...played, status, headers, text });
    if (status >= 500) {
      const body = JSON.parse(text) as { code?: string; error?: string };
      const code = body.error ?? body.code;
      const isOfDevice = played.operationId === 'proveDevice';
      expect(isOfDevice ? NO_END : ['refresh_pending', 'server_busy']).toContain(code);
      if (!isOfDevice) busy.push(played.operationId);
    }
    expect(text.replace(/eyJ[\w.-]+/g, '')).not.toMatch(INSIDES);
    if (played.path.startsWith('/auth') || setCookie.length > 0 || status >= 400)
      expect(headers.get('cache-control')).toBe('no-store');
    expect(tokensIn(text).map((token) => readPart(token, 1).token_type)).not.toContain('refresh');

    const opened = [...after.keys()].filter((id) => !before.has(id));
    const ended = [...before.keys()].filter((id) => !after.has(id));
    const holders = [...played.held].map((id) => before.get(id)?.email);
    if (status >= 400) {
      expect(opened).toEqual([]);
      expect(ended.filter((id) => !played.held.has(id))).toEqual([]);
      expect(
        setCookie.filter(
          (line) => !/^(__Host-|__Secure-)?(refresh_token|pending_login|passkey_challenge)=;/.test(line),
        ),
      ).toEqual([]);
    } else {
      expect(opened.length).toBe(OPENS_SESSIONS.includes(played.operationId) && status < 300 ? 1 : 0);
      expect(ended.filter((id) => !holders.includes(before.get(id)?.email))).toEqual([]);
    }
  }

  test('every response is documented, reveals nothing and affects nobody else', async () => {
    const anyRequest = step(world.operations.length);
    const registration = world.operations.findIndex(({ id }) => id === 'register');
    const newKey = world.operations.findIndex(({ id }) => id === 'createKey');
    for (const [operation, { id }] of world.operations.entries()) {
      await play(goodStep(registration));
      if (BY_KEY.includes(id)) await play(goodStep(newKey));
      await play(goodStep(operation));
      await play({ ...goodStep(operation), bearer: { form: 'none' } });
    }
    const property = fc.asyncProperty(
      fc.array(anyRequest, { minLength: STEPS, maxLength: STEPS }),
      async (plan) => {
        // Somebody has to be there to be attacked.
        if (rows.size < 4) await play(goodStep(registration));
        for (const each of plan) await play(each);
      },
    );
    // A plan makes sense only among the sessions that it met: there is nothing to shrink.
    await fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: true });
  }, 240_000);

  test('every operation was both accepted and refused', () => {
    expect(requests).toBeGreaterThanOrEqual(RUNS * STEPS);
    const always = ['jwks', 'live', 'ready', 'listProviders', 'relatedOrigins', 'authorizationServer'];
    const outcomes = world.operations.map(({ id }) => {
      const statuses = [...(seen.get(id) ?? [])];
      return [
        id,
        UNREACHED.includes(id) !== statuses.some((status) => status < 400),
        always.includes(id) || (!isLong && SELDOM.includes(id)) || statuses.some((status) => status >= 400),
      ];
    });
    expect(outcomes.filter(([, gave, refused]) => !gave || !refused)).toEqual([]);
  });

  test('there was no internal error, and only refreshes had to wait', () => {
    expect(app.log.filter((line) => / failed|Error/.test(line))).toEqual([]);
    expect(busy.filter((id) => id !== 'refreshToken')).toEqual([]);
  });
});

/** A request as an honest client makes it, with the tokens of whoever came last. */
const goodStep = (operation: number): Step => {
  const newest = (kind: TokenChoice['kind']): TokenChoice => ({
    kind,
    session: NEWEST,
    age: 0,
    mutation: null,
  });
  return {
    operation,
    method: null,
    path: 'plain',
    id: NEWEST,
    tick: 0,
    bearer: { form: 'token', scheme: 'Bearer', token: newest('access') },
    cookies: [{ form: 'token', quoted: false, token: newest('refresh') }],
    headers: {},
    body: { form: 'fields', as: 'json', isTrue: true, twist: { how: 'none' } },
  };
};
