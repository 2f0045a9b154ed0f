import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { parseOptions } from '../../src/config/check.js';
import type { OptionsInput } from '../../src/config/options.js';
import {
  creationOptions,
  readAssertion,
  readNewCredential,
  requestOptions,
  verifyAssertion,
  verifyRegistration,
} from '../../src/passkeys/ceremonies.js';
import { type RelyingParty, relyingPartyOf } from '../../src/passkeys/relying-party.js';
import {
  Authenticator,
  type AuthenticatorTraits,
  type CreationOptions,
  type Lies,
  type RequestOptions,
} from '../support/authenticator.js';

const ORIGIN = 'https://app.example.com';

function partyFor(settings: OptionsInput = {}): RelyingParty {
  const party = relyingPartyOf(parseOptions({ frontendUrl: ORIGIN, ...settings }));
  if (typeof party === 'string') throw new Error(party);
  return party;
}

const RP = partyFor({ passkeyRpId: 'example.com', trustedOrigins: ['https://*.preview.example.com'] });
const HANDLE = randomBytes(32);
const CHALLENGE = randomBytes(54);

async function registered(authenticator: Authenticator, lies?: Lies) {
  const options = await creationOptions(RP, CHALLENGE, { handle: HANDLE, name: 'ada@example.com' }, []);
  const sent = authenticator.create(options as unknown as CreationOptions, lies);
  const credential = readNewCredential(RP, sent);
  return credential && verifyRegistration(RP, credential);
}

async function asserted(authenticator: Authenticator, lies?: Lies) {
  const credential = await registered(authenticator);
  if (!credential) throw new Error('not registered');
  const options = await requestOptions(RP, CHALLENGE, [credential]);
  const assertion = readAssertion(RP, authenticator.get(options as unknown as RequestOptions, lies));
  return assertion && verifyAssertion(RP, assertion, credential);
}

const at = (traits: AuthenticatorTraits = {}) => new Authenticator({ origin: ORIGIN, ...traits });

test('options ask for what the check accepts', async () => {
  const made = await creationOptions(RP, CHALLENGE, { handle: HANDLE, name: 'ada' }, [
    { id: Buffer.from('one'), transports: ['usb'] },
  ]);
  expect(made).toMatchObject({
    rp: { id: 'example.com', name: 'Tokenjar' },
    user: { id: HANDLE.toString('base64url'), name: 'ada', displayName: 'ada' },
    challenge: CHALLENGE.toString('base64url'),
    pubKeyCredParams: [-8, -7, -257].map((alg) => ({ alg, type: 'public-key' })),
    attestation: 'none',
    timeout: 300_000,
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    excludeCredentials: [{ id: Buffer.from('one').toString('base64url'), transports: ['usb'] }],
  });
  expect(await requestOptions(RP, CHALLENGE)).toEqual({
    rpId: 'example.com',
    challenge: CHALLENGE.toString('base64url'),
    allowCredentials: [],
    timeout: 300_000,
    userVerification: 'preferred',
  });
});

describe.each([-7, -8, -257] as const)('an authenticator of algorithm %i', (algorithm) => {
  test('registers and answers', async () => {
    expect(await registered(at({ algorithm, aaguid: 'bada5566-a7aa-401f-bd96-45619a55120d' }))).toMatchObject(
      {
        aaguid: 'bada5566-a7aa-401f-bd96-45619a55120d',
        counter: 0,
        transports: ['internal', 'hybrid'],
        isBackupEligible: false,
        isBackedUp: false,
        isDiscoverable: true,
        isUserVerified: true,
      },
    );
    expect(await asserted(at({ algorithm }))).toEqual({
      isUserVerified: true,
      counter: 1,
      isBackedUp: false,
    });
  });
});

test('says what was proved: verification of the user, and a backup', async () => {
  expect(await asserted(at({ verifies: false }))).toMatchObject({ isUserVerified: false });
  expect(await asserted(at({ isSynced: true }))).toEqual({
    isUserVerified: true,
    counter: 0,
    isBackedUp: true,
  });
});

const WRONG: [string, Lies][] = [
  ['of another origin', { origin: 'https://evil.example' }],
  ['of an origin with another scheme', { origin: 'http://app.example.com' }],
  ['of an origin below another domain', { origin: 'https://app.example.com.evil.example' }],
  ['of an origin of the domain that nobody trusts', { origin: 'https://blog.example.com' }],
  ['of an origin that is not written as browsers do', { origin: 'https://app.example.com/' }],
  ['for another domain', { rpId: 'evil.example' }],
  ['for the host in place of the domain', { rpId: 'app.example.com' }],
  ['of another type', { type: 'payment.get' }],
  ['in a frame of another site', { crossOrigin: true }],
  ['in a frame of a named site', { crossOrigin: true, topOrigin: 'https://evil.example' }],
  ['in a frame that is said to be none', { topOrigin: 'https://evil.example' }],
  ['without anybody there', { up: false }],
  ['of a backup that cannot be', { be: false, bs: true }],
];

describe('a registration', () => {
  test.each(WRONG)('%s is refused', async (_, lies) => {
    expect(await registered(at(), lies)).toBeUndefined();
  });

  test('of an algorithm that was not asked for is refused', async () => {
    const authenticator = at();
    const options = await creationOptions(RP, CHALLENGE, { handle: HANDLE, name: 'ada' }, []);
    const sent = authenticator.create(options as unknown as CreationOptions) as {
      response: Record<string, string>;
    };
    const object = Buffer.from(sent.response.attestationObject ?? '', 'base64url');
    // `alg` of the key: -7 becomes -35.
    const place = object.indexOf(Buffer.from([0x03, 0x26]));
    const changed = Buffer.concat([
      object.subarray(0, place + 1),
      Buffer.from([0x38, 0x22]),
      object.subarray(place + 2),
    ]);
    sent.response.attestationObject = changed.toString('base64url');
    const credential = readNewCredential(RP, sent);
    expect(credential && (await verifyRegistration(RP, credential))).toBeUndefined();
  });
});

describe('an answer', () => {
  const more: [string, Lies][] = [
    ['whose signature was changed', { tamper: 'signature' }],
    ['whose counter was changed', { tamper: 'data' }],
    ['whose client data was changed', { tamper: 'client data' }],
    ['that says of its credential that it can be backed up, which it could not', { be: true, bs: true }],
  ];
  test.each([...WRONG, ...more])('%s is refused', async (_, lies) => {
    expect(await asserted(at(), lies)).toBeUndefined();
  });

  test('of another key is refused', async () => {
    const credential = await registered(at());
    const other = at();
    await registered(other);
    const options = (await requestOptions(RP, CHALLENGE)) as unknown as RequestOptions;
    const assertion = readAssertion(RP, other.get(options));
    expect(credential && assertion && (await verifyAssertion(RP, assertion, credential))).toBeUndefined();
  });
});

test('a page that matches a pattern of TRUSTED_ORIGINS is ours', async () => {
  expect(await registered(at({ origin: 'https://pr-7.preview.example.com' }))).toBeDefined();
});

const DEEP = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown;
const DEEP_CBOR = Buffer.alloc(20_000, 0x81).toString('base64url');
const GARBAGE: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'credential'],
  ['an empty object', {}],
  ['a list', []],
  ['deep nesting', DEEP],
  ['deep nesting inside', { id: 'AA', rawId: 'AA', type: 'public-key', response: DEEP }],
  ['ids that differ', { ...shape(), rawId: 'BB' }],
  ['an id that is no base64url', { ...shape(), id: '==', rawId: '==' }],
  ['an id without end', { ...shape(), id: 'A'.repeat(60_000), rawId: 'A'.repeat(60_000) }],
  ['another type', { ...shape(), type: 'password' }],
  ['client data that is no JSON', shape({ clientDataJSON: 'AAAA' })],
  ['client data that is null', shape({ clientDataJSON: json(null) })],
  ['client data without a challenge', shape({ clientDataJSON: json({ origin: ORIGIN }) })],
  ['a challenge that is no text', shape({ clientDataJSON: json({ ...data(), challenge: 7 }) })],
  ['CBOR that is none', shape({ attestationObject: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' })],
  ['CBOR that is nested deeply', shape({ attestationObject: DEEP_CBOR })],
  [
    'CBOR that announces more than there is',
    shape({ attestationObject: Buffer.from('9bffffffffffffffff', 'hex').toString('base64url') }),
  ],
];

function data() {
  return { type: 'webauthn.create', challenge: CHALLENGE.toString('base64url'), origin: ORIGIN };
}
function json(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
function shape(response: object = {}) {
  return {
    id: 'AA',
    rawId: 'AA',
    type: 'public-key',
    response: {
      clientDataJSON: json(data()),
      attestationObject: 'oA',
      authenticatorData: 'oA',
      signature: 'oA',
      ...response,
    },
  };
}

test.each(GARBAGE)('%s is no credential', async (_, sent) => {
  const made = readNewCredential(RP, sent);
  expect(made && (await verifyRegistration(RP, made))).toBeUndefined();
  const assertion = readAssertion(RP, sent);
  const stored = { id: Buffer.from([0]), publicKey: Buffer.from('oA', 'base64url'), isBackupEligible: false };
  expect(assertion && (await verifyAssertion(RP, assertion, stored))).toBeUndefined();
});
