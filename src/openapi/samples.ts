import type { Options } from '../config/options.js';
import { adminSamples } from './admin-samples.js';
import { FACTOR, RECOVERY_CODES, TOTP_SETUP } from './factor-samples.js';
import { AUTHORIZATION_SERVER, keySamples } from './key-samples.js';
import { providerSamples } from './provider-samples.js';
import type { PasskeyFacts } from '../http/passkey-payloads.js';
import type { FixedName, OperationName, Operations } from '../http/operations.js';
import type { DeviceSession } from '../http/device-payloads.js';
import type { FactorsOverview, ListedSessionFacts, TokensAndUser, UserFacts } from '../http/payloads.js';
import { shownIdOf } from '../user-id.js';
import type { PendingSignIn } from '../http/pending-sign-in.js';

const NOON = new Date('2026-01-01T12:00:00.000Z');
const SESSION_ID = '019b7936-8a00-7000-8000-0123456789ab';
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl';

const user: UserFacts = {
  id: 42,
  publicId: '8c1f0b7e-3a52-4d0c-9e64-2b7a95f1d3c8',
  email: 'ada@example.com',
  username: 'ada',
  emailVerified: false,
  roles: [],
  locale: 'en',
  createdAt: NOON,
};

const CREDENTIAL_ID = 'mcNwbBmnXhYsnDDzCgLhBWyIvFJZKlAFH4zqMrk0jyo';
const HANDLE = 'Zt1k0YlpJ1cqVbT2Wm6kqPBc1wZ9y8cM4uJm0bqfH0s';
const CHALLENGE = 'bG9uZyBhbmQgcmFuZG9t';
const REQUEST_OPTIONS = {
  rpId: 'example.com',
  challenge: CHALLENGE,
  allowCredentials: [],
  timeout: 300_000,
  userVerification: 'preferred',
};
const CREATION_OPTIONS = {
  rp: { id: 'example.com', name: 'Tokenjar' },
  user: { id: HANDLE, name: 'ada@example.com', displayName: 'ada@example.com' },
  challenge: CHALLENGE,
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  timeout: 300_000,
  attestation: 'none',
  excludeCredentials: [],
  authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
};
const passkey: PasskeyFacts = {
  id: SESSION_ID,
  name: 'iCloud Keychain',
  credentialId: CREDENTIAL_ID,
  transports: ['internal', 'hybrid'],
  isBackedUp: true,
  isDiscoverable: true,
  createdAt: NOON,
  lastUsedAt: null,
};
const passkeyFactor = {
  id: SESSION_ID,
  type: 'passkey',
  name: passkey.name,
  createdAt: NOON,
  lastUsedAt: null,
} as const;

type Result = Operations[OperationName]['result'];

/** A sign-in that lacks a step. */
export const PENDING_SAMPLE: PendingSignIn = {
  needs: 'second_factor_required',
  methods: ['totp', 'recovery_code'],
  expiresIn: 300,
  loginToken: HANDLE,
};

/** Of each operation that gives something. */
type Samples = {
  [
    O in OperationName as Operations[O]['result'] extends undefined ? never : O
  ]: readonly Operations[O]['result'][];
};

/** Results of an operation, for the examples of the document: a dialect words them as it words the real ones. */
export function samplesOf(operation: OperationName, options: Options): readonly Result[] {
  const samples: Partial<Record<OperationName, readonly Result[]>> = allSamples(options);
  return samples[operation] ?? [undefined];
}

function allSamples(options: Options): Samples {
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
  const session: ListedSessionFacts = {
    id: SESSION_ID,
    isCurrent: true,
    isDeviceBound: false,
    device: 'Firefox on Linux',
    ip: '203.0.113.7',
    createdAt: NOON,
    lastUsedAt: NOON,
  };
  const deviceSession: DeviceSession = {
    sessionId: SESSION_ID,
    goesOn: true,
    refreshUrl: '/auth/token/device/proof',
    includes: ['/auth/token/refresh'],
    initiators: [],
    cookie: { name: '__Host-device_proof', attributes: 'Path=/; Secure; HttpOnly; SameSite=Strict' },
  };
  const factors: FactorsOverview = {
    factors: [FACTOR],
    recoveryCodesLeft: 10,
    hasPassword: true,
    isRequired: false,
    trustedDevices: [
      { id: SESSION_ID, name: 'Firefox on Linux', createdAt: NOON, expiresAt: after(30 * 86_400) },
    ],
    resetAt: null,
    resetFactorId: null,
  };
  return {
    login: [signedIn],
    bindDevice: [deviceSession],
    proveDevice: [deviceSession],
    verifySecondFactor: [signedIn],
    acceptInvitation: [signedIn],
    showPendingLogin: [
      { needs: 'second_factor_required', methods: ['totp', 'recovery_code'], expiresIn: 300 },
    ],
    loginOptions: [
      {
        publicKey: { ...REQUEST_OPTIONS },
        ...(options.refreshTokenIn !== 'cookie' && { loginToken: CREDENTIAL_ID }),
      },
    ],
    passkeyLogin: [signedIn],
    reauthenticationOptions: [{ publicKey: { ...REQUEST_OPTIONS } }],
    passkeyOptions: [{ publicKey: { ...CREATION_OPTIONS } }],
    addPasskey: [{ factor: passkeyFactor, passkey }],
    listPasskeys: [{ rpId: 'example.com', userHandle: HANDLE, passkeys: [passkey] }],
    listOwnPasskeys: [[passkey]],
    getPasskey: [passkey],
    renamePasskey: [passkey],
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
    getSession: [
      {
        userId: shownIdOf(user, options),
        sessionId: SESSION_ID,
        roles: [],
        scope: '',
        amr: ['pwd'],
        acr: 'aal1',
        authenticatedAt: NOON,
        expiresAt: signedIn.accessExpiresAt,
      },
    ],
    listSessions: [[session]],
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
          methods: ['pwd'],
          count: 1,
        },
      ],
    ],
    setUpLoginFactor: [TOTP_SETUP],
    listFactors: [factors],
    setUpTotp: [TOTP_SETUP],
    confirmTotp: [{ factor: FACTOR, recoveryCodes: RECOVERY_CODES }],
    replaceRecoveryCodes: [{ recoveryCodes: RECOVERY_CODES }],
    renameFactor: [FACTOR],
    mfaStatus: [FACTOR],
    beginTotpActivation: [TOTP_SETUP],
    activateTotp: [{ recoveryCodes: RECOVERY_CODES }],
    listRecoveryCodes: [{ left: 10 }],
    regenerateRecoveryCodes: [{ recoveryCodes: RECOVERY_CODES }],
    register: [options.emailVerification === 'mandatory' ? undefined : signedIn],
    getUser: [user],
    updateUser: [user],
    requestLoginCode: [{ loginToken: TOKEN }],
    confirmLoginCode: [signedIn],
    showLoginCode: [{ code: '28708245' }],
    ...providerSamples(signedIn),
    ...adminSamples(user, session, factors, TOKEN, options),
    ...keySamples(signedIn.scheme, String(shownIdOf(user, options))),
    reauthenticate: [signedIn],
    changePassword: [signedIn],
  };
}

/** What an operation answers that is the same in every dialect. */
export const fixedSampleOf = (name: FixedName, { algorithm }: Options): object =>
  ({
    live: { status: 'ok' },
    ready: { status: 'ok' },
    relatedOrigins: { origins: ['https://example.de'] },
    passkeyEndpoints: { enroll: 'https://example.com/', manage: 'https://example.com/' },
    authorizationServer: AUTHORIZATION_SERVER,
    jwks: { keys: keysOf(algorithm) },
  })[name];

function keysOf(alg: Options['algorithm']): object[] {
  const kid = 'c2FtcGxl';
  if (alg.startsWith('HS')) return [];
  if (!alg.startsWith('ES')) return [{ kty: 'RSA', n: 'sXchDaQ…', e: 'AQAB', kid, alg, use: 'sig' }];
  const crv = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg as 'ES256' | 'ES384' | 'ES512'];
  return [{ kty: 'EC', crv, x: 'f83OJ3D…', y: 'x_FEzRu…', kid, alg, use: 'sig' }];
}
