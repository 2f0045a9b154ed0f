import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { has } from '../../src/http/dialects/dialect.js';
import { standard } from '../../src/http/dialects/standard.js';
import { partsOf } from '../../src/http/operation-row.js';
import { type OperationName, OPERATIONS, rowOf } from '../../src/http/operations.js';
import { type TestApp, PASSWORD, startApp, uniqueEmail } from '../support/app.js';
import { BoundDevice, type DeviceAnswer } from '../support/bound-device.js';

/** What a thief has copied of a bound session: its refresh cookie, and what else. */
const JARS = ['alone', 'a proof', 'a used proof', 'a proof of another session'] as const;
type Jar = (typeof JARS)[number];

/** **Shape** the status, the code, whether tokens were given, whether the session has ended. The same for each jar, or not. */
type Outcome = string | Record<Jar, string>;

interface Row {
  /** `mine` is an account of the thief. */
  json?: (own: { refresh: string; mine: string }) => unknown;
  gives: Outcome;
}

const NEEDS_MORE = '400 input_invalid';
const NEEDS_ACCESS = '401 access_missing';
const ONLY_PROVEN = (without: string, proven: string): Outcome => ({
  alone: without,
  'a proof': proven,
  'a used proof': without,
  'a proof of another session': without,
});

/** Every operation that reads or sets the refresh cookie, or another one of a sign-in. A new one fails until it is here. */
const TABLE: Partial<Record<OperationName, Row>> = {
  refreshToken: { gives: ONLY_PROVEN('403 device_proof_required', '200 tokens') },
  bindDevice: { gives: '403 device_binding_refused' },
  proveDevice: { gives: '403 device_proof_required' },
  // A sign-out must always work.
  logout: { gives: '204 ended' },
  blacklistToken: { json: ({ refresh }) => ({ refresh_token: refresh }), gives: '204 ended' },
  // It replaces the session of the browser.
  login: { json: ({ mine: email }) => ({ email, password: PASSWORD }), gives: '200 tokens ended' },
  obtainToken: { json: ({ mine: email }) => ({ email, password: PASSWORD }), gives: '200 tokens ended' },
  register: { json: () => ({ email: uniqueEmail(), password: PASSWORD }), gives: '201 tokens ended' },
  // They need something else than cookies, and succeed as the sign-ins above.
  passkeyLogin: { gives: NEEDS_MORE },
  verifySecondFactor: { gives: NEEDS_MORE },
  confirmLoginCode: { gives: NEEDS_MORE },
  acceptInvitation: { gives: NEEDS_MORE },
  providerCodeLogin: { gives: NEEDS_MORE },
  idTokenLogin: { gives: NEEDS_MORE },
  setUpLoginFactor: { gives: NEEDS_MORE },
  showPendingLogin: { gives: '401 login_expired' },
  providerCallback: { gives: '303' },
  // They begin something.
  loginOptions: { json: () => ({ method: 'passkey' }), gives: '200' },
  requestLoginCode: { json: ({ mine: email }) => ({ email }), gives: '200' },
  startProvider: { json: () => ({ return_to: '/', purpose: 'login' }), gives: '200' },
  requestIdentityCode: { gives: NEEDS_MORE },
  unlockLogin: { gives: NEEDS_MORE },
  // They need the access token.
  reauthenticate: { gives: NEEDS_ACCESS },
  changePassword: { gives: NEEDS_ACCESS },
  deleteUser: { gives: NEEDS_ACCESS },
};

let app: TestApp;
let mine: string;
let other: BoundDevice;
beforeAll(async () => {
  app = await startApp({
    deviceBoundSessions: true,
    cookieSecure: true,
    emailCodeLogin: true,
    providers: [{ id: 'github', clientId: 'tokenjar', clientSecret: 'a secret' }],
  });
  mine = (await app.signedUp()).email;
  other = await bound();
});
afterAll(() => app.close());

async function bound(): Promise<BoundDevice> {
  const device = new BoundDevice(app.url);
  await device.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
  expect((await device.refresh()).status).toBe(200);
  return device;
}

async function copied(owner: BoundDevice, jar: Jar): Promise<BoundDevice> {
  app.clock.pastRotation();
  await owner.prove();
  const used = owner.proof;
  expect((await owner.refresh()).status).toBe(200);
  const thief = owner.copyOfJar();
  if (jar === 'a used proof') thief.proof = used;
  if (jar === 'a proof') {
    await owner.prove();
    thief.proof = owner.proof;
    owner.proof = undefined;
  }
  if (jar === 'a proof of another session') {
    await other.prove();
    thief.proof = other.proof;
    other.proof = undefined;
  }
  return thief;
}

const isAlive = async ({ sessionId }: BoundDevice): Promise<boolean> =>
  (await app.sql('SELECT 1 FROM tokenjar.sessions WHERE id = $1 AND bound_at IS NOT NULL', [sessionId]))
    .length === 1;

async function outcomeOf({ status, code, body, headers }: DeviceAnswer, owner: BoundDevice): Promise<string> {
  const given =
    headers.getSetCookie().some((line) => /refresh_token=[^;]/.test(line)) || 'access_token' in body;
  const words = [String(status), code, given && 'tokens', !(await isAlive(owner)) && 'ended'];
  return words.filter(Boolean).join(' ');
}

const concerned = (Object.keys(OPERATIONS) as OperationName[]).filter((name) => {
  const { access, cookie } = rowOf(name);
  return (
    has(standard, { operation: name, id: name }) &&
    (access.startsWith('refresh_token') || cookie !== undefined)
  );
});

test('what a copied jar of a bound session can do at each operation that knows its cookies', async () => {
  const found: Record<string, Outcome> = {};
  let owner = await bound();
  for (const name of concerned) {
    const [verb, path] = partsOf(rowOf(name).route);
    const cells = {} as Record<Jar, string>;
    for (const jar of JARS) {
      const thief = await copied(owner, jar);
      const refresh = thief.cookies.get('__Host-refresh_token') ?? '';
      const json = verb === 'GET' ? undefined : (TABLE[name]?.json?.({ refresh, mine }) ?? {});
      const to = `/auth${path.replace(':provider', 'github')}`;
      cells[jar] = await outcomeOf(await thief.send(to, json, {}, verb), owner);
      if (!(await isAlive(owner))) owner = await bound();
    }
    found[name] = new Set(Object.values(cells)).size === 1 ? cells.alone : cells;
  }
  const wanted = Object.entries(TABLE).map(([name, { gives }]) => [name, gives]);
  expect(found).toEqual(Object.fromEntries(wanted));
});
