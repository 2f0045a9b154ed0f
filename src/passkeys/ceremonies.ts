import type { VerifiedRegistrationResponse } from '@simplewebauthn/server';
import type { z } from 'zod';
import { isSoundKey } from './credential-key.js';
import { assertedCredential, collectedClientData, newCredential } from './credential.schemas.js';
import type { RelyingParty } from './relying-party.js';

/**
 * The library, loaded with the first ceremony: its parsers of certificates take 25 MB and a third of a start, which a
 * site without passkeys never needs.
 */
const webauthn = () => import('@simplewebauthn/server');
const helpers = () => import('@simplewebauthn/server/helpers');

/** By preference: Ed25519, ECDSA with P-256, RSA (Windows Hello). **Source** COSE algorithm registry. */
const ALGORITHMS = [-8, -7, -257];

/**
 * Formats of attestation that are refused: nobody asked for one, and browsers send none then. The library has the roots
 * of these manufacturers, so it would follow the chain of certificates that a client sent, and fetch the revocation lists
 * that they name.
 */
const FOLLOWED = ['android-key', 'android-safetynet', 'apple'];

/** How long a client waits for the user, and how long a challenge is good for. **Unit** seconds. */
export const CEREMONY_LIFETIME = 300;

/**
 * Requested and not required, in the options as in the check: a security key without a PIN is a second factor too. To
 * sign in by a passkey alone, the user has to be verified; the caller checks that.
 */
const USER_VERIFICATION = 'preferred';

/** A credential that was made for us. */
export interface Registered {
  id: Buffer;
  publicKey: Buffer;
  counter: number;
  transports: string[];
  /** What the authenticator says it is; all zeros where it does not say. **Shape** UUID. */
  aaguid: string;
  isBackupEligible: boolean;
  isBackedUp: boolean;
  /** Whether it can be found without being named; null where the client did not say. */
  isDiscoverable: boolean | null;
  isUserVerified: boolean;
}

/** A credential as it is stored, as far as a ceremony needs it. */
export interface Credential {
  id: Buffer;
  publicKey: Buffer;
  counter: number;
  transports: string[];
  isBackupEligible: boolean;
}

/** An answer that was signed with a credential. */
export interface Asserted {
  isUserVerified: boolean;
  counter: number;
  isBackedUp: boolean;
}

/** Whose credential is made. */
export interface NewCredentialOf {
  handle: Buffer;
  /** Shown where somebody has several accounts. */
  name: string;
}

/** The options of `navigator.credentials.create()`, as JSON. */
export async function creationOptions(
  rp: RelyingParty,
  challenge: Buffer,
  { handle, name }: NewCredentialOf,
  exclude: readonly Pick<Credential, 'id' | 'transports'>[],
): Promise<Record<string, unknown>> {
  const { generateRegistrationOptions } = await webauthn();
  const options = await generateRegistrationOptions({
    rpID: rp.id,
    rpName: rp.name,
    userID: Uint8Array.from(handle),
    userName: name,
    userDisplayName: name,
    challenge: Uint8Array.from(challenge),
    timeout: CEREMONY_LIFETIME * 1000,
    // The model of an authenticator decides nothing here, and attestation is one more prompt for the user.
    attestationType: 'none',
    // Preferred: a security key whose few places are taken is still a second factor.
    authenticatorSelection: { residentKey: 'preferred', userVerification: USER_VERIFICATION },
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: exclude.map(descriptorOf),
  });
  return { ...options };
}

/** The options of `navigator.credentials.get()`, as JSON. @param allow undefined where any passkey of the site will do. */
export async function requestOptions(
  rp: RelyingParty,
  challenge: Buffer,
  allow?: readonly Pick<Credential, 'id' | 'transports'>[],
): Promise<Record<string, unknown>> {
  const { generateAuthenticationOptions } = await webauthn();
  const options = await generateAuthenticationOptions({
    rpID: rp.id,
    challenge: Uint8Array.from(challenge),
    timeout: CEREMONY_LIFETIME * 1000,
    userVerification: USER_VERIFICATION,
    allowCredentials: allow?.map(descriptorOf) ?? [],
  });
  return JSON.parse(JSON.stringify(options)) as Record<string, unknown>;
}

const descriptorOf = ({ id, transports }: Pick<Credential, 'id' | 'transports'>) => ({
  id: id.toString('base64url'),
  transports,
});

type Read<Schema extends z.ZodType> = z.output<Schema> & { challenge: Buffer };

/** A new credential that is well formed and made by a page of ours; undefined for anything else. */
export const readNewCredential = (rp: RelyingParty, sent: unknown) => read(rp, newCredential, sent);
/** The same of an answer that is signed with a credential. */
export const readAssertion = (rp: RelyingParty, sent: unknown) => read(rp, assertedCredential, sent);

export type NewCredential = Read<typeof newCredential>;
export type Assertion = Read<typeof assertedCredential>;

/**
 * Reads a credential, and what its client says of the page.
 *
 * A page that is framed by another site is refused: the library lets it pass where the client does not name that site.
 */
function read<Schema extends typeof newCredential | typeof assertedCredential>(
  rp: RelyingParty,
  schema: Schema,
  sent: unknown,
): Read<Schema> | undefined {
  const credential = schema.safeParse(sent);
  if (!credential.success) return undefined;
  const data = collectedClientData.safeParse(jsonIn(credential.data.response.clientDataJSON));
  if (!data.success) return undefined;
  const { challenge, origin, crossOrigin, topOrigin } = data.data;
  if (crossOrigin === true || topOrigin !== undefined || !rp.accepts(origin)) return undefined;
  return { ...credential.data, challenge: Buffer.from(challenge, 'base64url') } as Read<Schema>;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Verifies a new credential whose challenge is ours. @returns undefined for one that is not good. */
export async function verifyRegistration(
  rp: RelyingParty,
  credential: NewCredential,
): Promise<Registered | undefined> {
  const { verifyRegistrationResponse } = await webauthn();
  const { decodeAttestationObject, isoBase64URL, isoCBOR } = await helpers();
  const { registrationInfo: info } = await refusals<VerifiedRegistrationResponse>(async () => {
    const attestation = decodeAttestationObject(isoBase64URL.toBuffer(credential.response.attestationObject));
    if (FOLLOWED.includes(attestation.get('fmt'))) return {};
    return verifyRegistrationResponse({
      response: credential,
      ...expectedOf(rp, credential),
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    });
  });
  if (!info || info.credential.id !== credential.id) return undefined;
  if (!isSoundKey(isoCBOR.decodeFirst(info.credential.publicKey))) return undefined;
  return {
    id: Buffer.from(info.credential.id, 'base64url'),
    publicKey: Buffer.from(info.credential.publicKey),
    counter: info.credential.counter,
    transports: [...new Set(credential.response.transports ?? [])],
    aaguid: info.aaguid,
    isBackupEligible: info.credentialDeviceType === 'multiDevice',
    isBackedUp: info.credentialBackedUp,
    isDiscoverable: credential.clientExtensionResults.credProps?.rk ?? null,
    isUserVerified: info.userVerified,
  };
}

/**
 * Verifies an answer whose challenge is ours. Its counter is not compared: the statement that stores it does
 * that. @returns undefined for one that is not good.
 */
export async function verifyAssertion(
  rp: RelyingParty,
  assertion: Assertion,
  { id, publicKey, isBackupEligible }: Pick<Credential, 'id' | 'publicKey' | 'isBackupEligible'>,
): Promise<Asserted | undefined> {
  const { verifyAuthenticationResponse } = await webauthn();
  const { verified, authenticationInfo: info } = await refusals(() =>
    verifyAuthenticationResponse({
      response: assertion,
      ...expectedOf(rp, assertion),
      requireUserVerification: false,
      credential: { id: id.toString('base64url'), publicKey: Uint8Array.from(publicKey), counter: -1 },
    }),
  );
  if (verified !== true || !info) return undefined;
  // It never changes. **Source** Web Authentication Level 3 §7.2, step 19.
  if ((info.credentialDeviceType === 'multiDevice') !== isBackupEligible) return undefined;
  return { isUserVerified: info.userVerified, counter: info.newCounter, isBackedUp: info.credentialBackedUp };
}

/** The challenge and the origin have been checked. */
const expectedOf = (rp: RelyingParty, { challenge, response }: NewCredential | Assertion) => ({
  expectedChallenge: challenge.toString('base64url'),
  expectedOrigin: collectedClientData.parse(jsonIn(response.clientDataJSON)).origin,
  expectedRPID: rp.id,
});

/** The library throws errors of every kind for whatever is wrong with the input. */
async function refusals<Result extends object>(
  verify: () => Promise<Partial<Result>>,
): Promise<Partial<Result>> {
  try {
    return await verify();
  } catch {
    return {};
  }
}
