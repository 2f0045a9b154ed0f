import { createHash } from 'node:crypto';
import { cbor, type CreationOptions } from '../support/authenticator.js';

/** What a hostile authenticator, or a hostile client, writes in place of what it should. */
export interface Forgery {
  /** **Shape** 32 bytes unless a test wants others. */
  id?: Buffer;
  /** The public key: a COSE_Key, or whatever is sent in its place. */
  key?: unknown;
  flags?: number;
  /** The bytes behind the public key. */
  extensions?: Buffer;
  fmt?: unknown;
  attStmt?: unknown;
  /** Replaces the authenticator data altogether. */
  authData?: unknown;
  /** Replaces the attestation object altogether. */
  object?: Buffer;
  /** The length of the ID as the data says it. */
  idLength?: number;
}

/** P-256, its generator as the key: well formed, and nobody's. */
export const GENERATOR = new Map<number, unknown>([
  [1, 2],
  [3, -7],
  [-1, 1],
  [-2, Buffer.from('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296', 'hex')],
  [-3, Buffer.from('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5', 'hex')],
]);

const PRESENT = 0x01;
const VERIFIED = 0x04;
const ATTESTED = 0x40;

/** What `navigator.credentials.create()` would give, for an attacker who writes every byte of it. */
export function forge(options: CreationOptions, forgery: Forgery, origin = 'http://localhost:3000') {
  const { id = createHash('sha256').update(options.challenge).digest(), key = GENERATOR } = forgery;
  const { flags = PRESENT | VERIFIED | ATTESTED, extensions = Buffer.alloc(0) } = forgery;
  const { fmt = 'none', attStmt = new Map(), idLength = id.length } = forgery;
  const authData = Buffer.concat([
    createHash('sha256').update(options.rp.id).digest(),
    Buffer.from([flags]),
    Buffer.alloc(4 + 16),
    Buffer.from([idLength >> 8, idLength & 0xff]),
    id,
    Buffer.isBuffer(key) ? key : cbor(key),
    extensions,
  ]);
  const object = cbor(
    new Map<string, unknown>([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', forgery.authData ?? authData],
    ]),
  );
  const data = { type: 'webauthn.create', challenge: options.challenge, origin, crossOrigin: false };
  const text = id.toString('base64url');
  return {
    id: text,
    rawId: text,
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON: Buffer.from(JSON.stringify(data)).toString('base64url'),
      attestationObject: (forgery.object ?? object).toString('base64url'),
    },
  };
}
