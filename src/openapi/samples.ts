import type { Options } from '../config/options.js';
import type { Operation, Operations, TokensAndUser, UserFacts } from '../http/operations.js';

const NOON = new Date('2026-01-01T12:00:00.000Z');
const SESSION_ID = '019b7936-8a00-7000-8000-0123456789ab';
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl';

const user: UserFacts = {
  id: 42,
  email: 'ada@example.com',
  emailVerified: false,
  roles: [],
  locale: 'en',
  createdAt: NOON,
};

type Samples = { [O in Operation]: readonly Operations[O]['result'][] };

/** Results of every operation, for the examples of the document: a dialect words them as it words the real ones. */
export function samplesOf(options: Options): Samples {
  const after = (seconds: number) => new Date(NOON.getTime() + seconds * 1000);
  const signedIn: TokensAndUser = {
    accessToken: TOKEN,
    scheme: options.authHeaderTypes[0] ?? 'Bearer',
    expiresIn: options.accessTokenLifetime,
    accessExpiresAt: after(options.accessTokenLifetime),
    refreshExpiresAt: after(options.refreshTokenLifetime),
    refreshToken: options.refreshTokenIn === 'cookie' ? undefined : TOKEN,
    user,
  };
  return {
    login: [signedIn],
    unlockLogin: [undefined],
    resendUnlock: [undefined],
    logout: [
      {},
      { refused: 'refresh_missing' },
      { refused: 'token_invalid' },
      { refused: 'token_expired' },
      { refused: 'token_wrong_type' },
      { refused: 'token_blacklisted' },
    ],
    obtainToken: [signedIn],
    refreshToken: [signedIn, undefined],
    verifyToken: [{ tokenType: 'access', expiresAt: signedIn.accessExpiresAt }],
    blacklistToken: [undefined],
    getSession: [
      {
        userId: user.id,
        sessionId: SESSION_ID,
        roles: [],
        amr: ['pwd'],
        acr: 'aal1',
        authenticatedAt: NOON,
        expiresAt: signedIn.accessExpiresAt,
      },
    ],
    listSessions: [
      [
        {
          id: SESSION_ID,
          isCurrent: true,
          device: 'Firefox on Linux',
          ip: '203.0.113.7',
          createdAt: NOON,
          lastUsedAt: NOON,
        },
      ],
    ],
    listEndedSessions: [
      [
        {
          id: SESSION_ID,
          device: 'Firefox on Linux',
          ip: '203.0.113.7',
          createdAt: NOON,
          lastUsedAt: NOON,
          endedAt: NOON,
          reason: 'logout',
        },
      ],
    ],
    listActivity: [
      [
        {
          id: '7',
          at: NOON,
          event: 'login',
          outcome: 'success',
          reason: 'new_device',
          sessionId: SESSION_ID,
          device: 'Firefox on Linux',
          ip: '203.0.113.7',
          count: 1,
        },
      ],
    ],
    endSession: [undefined],
    endOtherSessions: [undefined],
    register: [options.emailVerification === 'mandatory' ? undefined : signedIn],
    signUp: [options.emailVerification === 'mandatory' ? undefined : signedIn],
    verifyEmail: [undefined],
    resendEmail: [undefined],
    changeEmail: [undefined],
    confirmEmailChange: [undefined],
    resetPassword: [undefined],
    confirmPasswordReset: [undefined],
    getUser: [user],
    updateUser: [user],
    replaceUser: [user],
    deleteUser: [undefined],
    deleteUserByPost: [undefined],
    changePassword: [signedIn],
  };
}

/** What the operations answer that are the same in every dialect. */
export const plainSampleOf = (operationId: string, { algorithm }: Options): object | undefined =>
  ({ live: { status: 'ok' }, ready: { status: 'ok' }, jwks: { keys: keysOf(algorithm) } })[operationId];

function keysOf(alg: Options['algorithm']): object[] {
  const kid = 'c2FtcGxl';
  if (alg.startsWith('HS')) return [];
  if (!alg.startsWith('ES')) return [{ kty: 'RSA', n: 'sXchDaQ…', e: 'AQAB', kid, alg, use: 'sig' }];
  const crv = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg as 'ES256' | 'ES384' | 'ES512'];
  return [{ kty: 'EC', crv, x: 'f83OJ3D…', y: 'x_FEzRu…', kid, alg, use: 'sig' }];
}
