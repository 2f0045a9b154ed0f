import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { KnownDevices } from '../auth/known-devices.js';
import { SignIn } from '../auth/sign-in.js';
import { OPTIONS, type Options } from '../config/options.js';
import type { NewUser } from '../host/user-input.js';
import type { TokenjarUser, UserRef } from '../host/tokenjar-user.js';
import { TokenjarUsers } from '../host/tokenjar-users.js';
import { isPending } from '../http/pending-sign-in.js';
import { type AuthLevel, type AuthMethod, demandsFactor } from '../tokens/authentication.js';
import { Users } from '../users/users.js';
import { refuseProduction } from './refuse-production.js';

/** Who signs in, and how. */
export interface TestSignIn extends NewUser {
  /** A user who is there; by default a new one, of the other fields. */
  user?: UserRef;
  /** `aal2` for a sign-in with two factors; by default what the roles demand. */
  level?: AuthLevel;
  /** How they have proven who they are; by default a password, and with `aal2` a code of an app. */
  methods?: readonly [AuthMethod, ...AuthMethod[]];
  /** The permissions that the session has at most. **Shape** separated by spaces. */
  scope?: string;
}

/** A user who is signed in. */
export interface SignedIn {
  user: TokenjarUser;
  accessToken: string;
  sessionId: string;
  /** For requests with the access token. */
  headers: { authorization: string };
  /** For requests with the refresh token, such as `POST /auth/token/refresh`. **Shape** of the header Cookie. */
  cookie: string;
}

/** Its limits and notices are not what such a test is about. */
const CALLER = { ip: null, userAgent: 'tokenjar/testing', requestId: null, isConnected: () => true };
const NO_COOKIES = {
  refresh: [],
  device: [],
  pendingLogin: [],
  trustedDevice: [],
  passkeyChallenge: [],
  pendingIdentity: [],
  protection: 0,
};

/**
 * Signs a user in, without a request and without a password. Everything else is as at any sign-in: `maySignIn`, `claims`,
 * a second factor of the account, the event.
 *
 * @param app initialised, listening or not. @param given a new user with a verified address by default.
 * @throws {TokenjarError} for a user who is refused; {Error} for one who has to prove a second factor: pass `level: 'aal2'`.
 */
export async function signIn(app: INestApplicationContext, given: TestSignIn = {}): Promise<SignedIn> {
  refuseProduction();
  const { user: named, level, methods, scope, ...facts } = given;
  const [users, options] = [
    app.get(TokenjarUsers, { strict: false }),
    app.get<Options>(OPTIONS, { strict: false }),
  ];
  const user = await (named === undefined ? users.create(withNames(facts, options)) : users.find(named));
  const account = user && (await app.get(Users, { strict: false }).findById(user.id));
  if (!user || !account) throw new Error(`there is no user ${String(named)}`);
  const wanted = level ?? (demandsFactor(user.roles, options) ? 'aal2' : 'aal1');
  const { result, cookies } = await app.get(SignIn, { strict: false }).finish({
    account,
    methods: methods ?? (wanted === 'aal2' ? ['pwd', 'otp'] : ['pwd']),
    device: app.get(KnownDevices, { strict: false }).of(NO_COOKIES),
    caller: CALLER,
    // Nobody is told of a new device.
    isNewAccount: true,
    // Whose role demands a factor need not set one up first.
    isSettingUp: wanted === 'aal2',
    ...(scope !== undefined && { scope }),
  });
  if (isPending(result)) throw new Error(`the user needs a second factor: signIn(app, { level: 'aal2' })`);
  const { accessToken, sessionId = '', scheme, refreshToken = '' } = result;
  const sent = cookies.find(({ cookie }) => cookie === 'refresh')?.value ?? refreshToken;
  return {
    user,
    accessToken,
    sessionId,
    headers: { authorization: `${scheme} ${accessToken}` },
    cookie: `${options.cookieName}=${sent}`,
  };
}

/** Letters alone, which no rule for names or passwords minds. */
function withNames(facts: NewUser, { signInWith }: Pick<Options, 'signInWith'>): NewUser {
  const name = `user${[...randomBytes(10)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')}`;
  const isNamed = facts.username !== undefined || signInWith !== 'username';
  return {
    ...(!(facts.username !== undefined && facts.email === undefined) && { email: `${name}@example.com` }),
    ...(!isNamed && { username: name }),
    emailVerified: facts.email !== null && !(facts.username !== undefined && facts.email === undefined),
    ...facts,
  };
}
