import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { CDPSession, Page } from 'playwright-core';

/** What a page gets from the server for `navigator.credentials.create()`. */
export interface CreationOptions {
  rp: { id: string; name: string };
  user: { id: string; name: string; displayName: string };
  challenge: string;
  pubKeyCredParams: { alg: number; type: string }[];
  excludeCredentials?: { id: string }[];
  authenticatorSelection?: { residentKey?: string; userVerification?: string };
}

/** The same for `navigator.credentials.get()`. */
export interface RequestOptions {
  challenge: string;
  rpId: string;
  allowCredentials?: { id: string }[];
  userVerification?: string;
}

/** What a test may have an authenticator, or its client, say instead of the truth. */
export interface Lies {
  origin?: string;
  challenge?: string;
  /** Of which domain the authenticator believes the page to be. */
  rpId?: string;
  type?: string;
  crossOrigin?: boolean;
  topOrigin?: string;
  userHandle?: string | null;
  /** Sent as the credential's, with which another one signs. */
  id?: string;
  /** Whether the person was there, and was verified. */
  up?: boolean;
  uv?: boolean;
  /** Backup: whether the credential can be, and whether it is. */
  be?: boolean;
  bs?: boolean;
  counter?: number;
  /** Changes what is signed after it was. */
  tamper?: 'signature' | 'data' | 'client data';
}

interface StoredCredential {
  id: string;
  rpId: string;
  userHandle: string;
  key: KeyObject;
  counter: number;
}

export interface AuthenticatorTraits {
  /** **Shape** UUID; all zeros by default. */
  aaguid?: string;
  /** Whether its credentials go to other devices, as synced passkeys do; their counters stay 0. */
  isSynced?: boolean;
  /** Whether it verifies its user, by a PIN or a finger. */
  verifies?: boolean;
  /** The page that it is used on. */
  origin?: string;
  algorithm?: -7 | -8 | -257;
}

/**
 * A software authenticator with its client: ES256 by default, attestation `none`.
 *
 * It shares no code with the server: CBOR, authenticator data and client data are written out here.
 * **Source** Web Authentication Level 3 §6.1, §6.5, §5.8.1; RFC 8949; RFC 9053.
 */
export class Authenticator {
  readonly credentials: StoredCredential[] = [];
  readonly traits: Required<AuthenticatorTraits>;

  constructor(traits: AuthenticatorTraits = {}) {
    this.traits = {
      aaguid: '00000000-0000-0000-0000-000000000000',
      isSynced: false,
      verifies: true,
      origin: 'http://localhost:3000',
      algorithm: -7,
      ...traits,
    };
  }

  /** Another authenticator with the same keys: a clone, or the other device of a synced passkey. */
  clone(): Authenticator {
    const copy = new Authenticator(this.traits);
    copy.credentials.push(...this.credentials.map((each) => ({ ...each })));
    return copy;
  }

  create(options: CreationOptions, lies: Lies = {}): Record<string, unknown> {
    if (options.excludeCredentials?.some(({ id }) => this.credentials.some((own) => own.id === id)))
      throw new Error('InvalidStateError: the authenticator has a credential of the account');
    const { key, cose } = newKey(this.traits.algorithm);
    const id = randomBytes(32);
    const credential: StoredCredential = {
      id: id.toString('base64url'),
      rpId: options.rp.id,
      userHandle: options.user.id,
      key,
      counter: 0,
    };
    this.credentials.push(credential);
    const attested = Buffer.concat([
      Buffer.from(this.traits.aaguid.replaceAll('-', ''), 'hex'),
      uint(id.length, 2),
      id,
      cbor(cose),
    ]);
    const authData = this.dataOf(credential, lies, attested);
    const attestation = new Map<string, unknown>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', authData],
    ]);
    return {
      id: credential.id,
      rawId: credential.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: this.clientDataOf('webauthn.create', options.challenge, lies).toString('base64url'),
        attestationObject: cbor(attestation).toString('base64url'),
        transports: ['internal', 'hybrid'],
      },
    };
  }

  get(options: RequestOptions, lies: Lies = {}): Record<string, unknown> {
    const allowed = options.allowCredentials ?? [];
    const credential = this.credentials.find(
      ({ id, rpId }) =>
        rpId === options.rpId && (allowed.length === 0 || allowed.some((each) => each.id === id)),
    );
    if (!credential) throw new Error('NotAllowedError: the authenticator has no such credential');
    if (!this.traits.isSynced) credential.counter++;
    const authData = this.dataOf(credential, lies);
    const clientData = this.clientDataOf('webauthn.get', options.challenge, lies);
    const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()]);
    const signature = sign(this.traits.algorithm === -8 ? null : 'sha256', signed, credential.key);
    const last = lies.tamper === 'signature' ? signature : lies.tamper === 'data' ? authData : undefined;
    // The counter of the data, or the end of the signature.
    if (last) last[last.length - 1] = (last.at(-1) ?? 0) ^ 1;
    const sentClientData =
      lies.tamper === 'client data' ? Buffer.concat([clientData, Buffer.from(' ')]) : clientData;
    const id = lies.id ?? credential.id;
    return {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: sentClientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(lies.userHandle !== null && { userHandle: lies.userHandle ?? credential.userHandle }),
      },
    };
  }

  private dataOf(credential: StoredCredential, lies: Lies, attested?: Buffer): Buffer {
    const { isSynced, verifies } = this.traits;
    const { up = true, uv = verifies, be = isSynced, bs = isSynced } = lies;
    const flags = [up, false, uv, be, bs, false, attested !== undefined];
    return Buffer.concat([
      createHash('sha256')
        .update(lies.rpId ?? credential.rpId)
        .digest(),
      Buffer.from([flags.reduce((bits, isSet, i) => (isSet ? bits | (1 << i) : bits), 0)]),
      uint(lies.counter ?? credential.counter, 4),
      attested ?? Buffer.alloc(0),
    ]);
  }

  private clientDataOf(type: string, challenge: string, lies: Lies): Buffer {
    const data = {
      type: lies.type ?? type,
      challenge: lies.challenge ?? challenge,
      origin: lies.origin ?? this.traits.origin,
      crossOrigin: lies.crossOrigin ?? false,
      ...(lies.topOrigin !== undefined && { topOrigin: lies.topOrigin }),
    };
    return Buffer.from(JSON.stringify(data));
  }
}

function newKey(algorithm: -7 | -8 | -257): { key: KeyObject; cose: Map<number, unknown> } {
  const bytes = (text = '') => Buffer.from(text, 'base64url');
  if (algorithm === -8) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { x } = publicKey.export({ format: 'jwk' });
    return {
      key: privateKey,
      cose: new Map<number, unknown>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, bytes(x)],
      ]),
    };
  }
  if (algorithm === -257) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { n, e } = publicKey.export({ format: 'jwk' });
    return {
      key: privateKey,
      cose: new Map<number, unknown>([
        [1, 3],
        [3, -257],
        [-1, bytes(n)],
        [-2, bytes(e)],
      ]),
    };
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  return {
    key: privateKey,
    cose: new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]),
  };
}

/** As much of CBOR as WebAuthn needs. **Source** RFC 8949 §3. */
export function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([head(3, text.length), text]);
  }
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  if (value instanceof Map)
    return Buffer.concat([head(5, value.size), ...[...(value as Map<unknown, unknown>)].flat().map(cbor)]);
  throw new TypeError('no CBOR for it');
}

function head(major: number, count: number): Buffer {
  const type = major << 5;
  if (count < 24) return Buffer.from([type | count]);
  if (count < 256) return Buffer.from([type | 24, count]);
  return Buffer.concat([Buffer.from([type | 25]), uint(count, 2)]);
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** An authenticator inside Chromium, which answers by itself as if a person had touched it. */
export interface VirtualAuthenticator {
  cdp: CDPSession;
  id: string;
  credentials(): Promise<
    { credentialId: string; rpId?: string; userHandle?: string; signCount: number; userName?: string }[]
  >;
  /** Whether its user is verified from now on. */
  verifyUser(isVerified: boolean): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Adds one to a page; pages on `http://localhost` and https may use it.
 * **Source** Chrome DevTools Protocol, domain WebAuthn.
 */
export async function addVirtualAuthenticator(
  page: Page,
  options: { transport?: 'internal' | 'usb'; hasUserVerification?: boolean } = {},
): Promise<VirtualAuthenticator> {
  const { transport = 'internal', hasUserVerification = true } = options;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport,
      hasResidentKey: true,
      hasUserVerification,
      isUserVerified: hasUserVerification,
      automaticPresenceSimulation: true,
    },
  });
  return {
    cdp,
    id,
    async credentials() {
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: id });
      return credentials;
    },
    async verifyUser(isUserVerified) {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified });
    },
    async remove() {
      await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id });
    },
  };
}
