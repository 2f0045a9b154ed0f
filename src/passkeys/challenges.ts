import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, epochSeconds } from '../clock.js';
import { CEREMONY_LIFETIME } from './ceremonies.js';

/** Token under which the keys are injected, the current one first. */
export const CHALLENGE_KEYS = Symbol('tokenjar.challengeKeys');

const NONCE_BYTES = 16;
const EXPIRY_BYTES = 6;
const MAC_BYTES = 32;

/** What a challenge is for; it is accepted for nothing else. */
export type ChallengeUse =
  /** A passkey is added, in this session. */
  | `registration ${string}`
  /** A login that lacks a step continues. */
  | `step ${string}`
  /** Somebody who is signed in authenticates again. */
  | `session ${string}`
  /** The first passkey is set up in a login. */
  | `setup ${string}`
  /** Whoever has this cookie signs in. */
  | `sign-in ${string}`;

/**
 * Challenges that contain their purpose and their expiry, so that none is stored: a request for one writes nothing.
 * Each is accepted once, because the first right answer is recorded (`passkey-statements.ts`).
 *
 * **Shape** random bytes (16) ‖ expiry (6, big-endian seconds) ‖ HMAC-SHA-256 of both and of the use.
 * **Source** Web Authentication Level 3 §13.4.3, which asks for 16 random bytes.
 */
@Injectable()
export class Challenges {
  constructor(
    @Inject(CHALLENGE_KEYS) private readonly keys: readonly KeyObject[],
    private readonly clock: Clock,
  ) {}

  issue(use: ChallengeUse): Buffer {
    const [key] = this.keys;
    if (!key) throw new TypeError('there is no key for challenges');
    const body = Buffer.alloc(NONCE_BYTES + EXPIRY_BYTES);
    randomBytes(NONCE_BYTES).copy(body);
    body.writeUIntBE(epochSeconds(this.clock.now()) + CEREMONY_LIFETIME, NONCE_BYTES, EXPIRY_BYTES);
    return Buffer.concat([body, macOf(key, body, use)]);
  }

  /** Whether we issued the challenge for this use, and it has not expired. */
  isOurs(challenge: Buffer, use: ChallengeUse): boolean {
    if (challenge.length !== NONCE_BYTES + EXPIRY_BYTES + MAC_BYTES) return false;
    const body = challenge.subarray(0, -MAC_BYTES);
    const mac = challenge.subarray(-MAC_BYTES);
    return (
      this.keys.some((key) => timingSafeEqual(macOf(key, body, use), mac)) &&
      expiryOf(challenge) > this.clock.now()
    );
  }
}

/** When a challenge expires. Until then it has to be known whether it was used. */
export const expiryOf = (challenge: Buffer): Date =>
  new Date(challenge.readUIntBE(NONCE_BYTES, EXPIRY_BYTES) * 1000);

const macOf = (key: KeyObject, body: Buffer, use: ChallengeUse): Buffer =>
  createHmac('sha256', key).update(body).update(use).digest();
