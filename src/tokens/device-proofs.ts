import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type Clock, epochSeconds } from '../clock.js';
import { CLOCK_STEP, type RefreshSubject } from './refresh-token.js';

/**
 * How long the cookie counts that a device gets for a proof. A refresh follows at once and clears it, so it only stays
 * where the answer to that refresh was lost. **Unit** seconds.
 */
export const PROOF_LIFETIME = 300;
/**
 * How long a challenge stays the same. Chrome signs six times in nine minutes, but keeps its signature of the last
 * challenge: with this step it signs four times in nine minutes, however often its pages are reloaded.
 * **Unit** seconds. **Source** Chromium, `net/device_bound_sessions/session_service_impl.cc`.
 */
const CHALLENGE_STEP = 180;
/** An answer may lag behind by a step. **Unit** seconds. */
const CHALLENGE_LIFETIME = 2 * CHALLENGE_STEP;
/** Browsers register at once. **Unit** seconds. */
const OFFER_LIFETIME = 300;
/** The token that a proof belongs to. */
type Proven = Pick<RefreshSubject, 'lookupId' | 'generation'>;

/** What a text is for; it is accepted for nothing else. */
type Use = 'offer' | 'challenge' | 'proof';

const LIFETIMES: Readonly<Record<Use, number>> = {
  offer: OFFER_LIFETIME,
  challenge: CHALLENGE_LIFETIME,
  proof: PROOF_LIFETIME,
};

/**
 * Challenges and proofs of devices. Each is a time and a MAC of it, its use and its session, so that none is stored. A
 * proof has the generation of a refresh token besides.
 *
 * **Shape** seconds since 1970 to the base 36, a dot, HMAC-SHA-256 in base64url; of a proof, the generation to the base 36
 * and a dot before. **Source** Device Bound Session Credentials (W3C working draft), §8: what the server needs to know of
 * a challenge.
 */
export class DeviceProofs {
  constructor(
    /** The current one first. */
    private readonly keys: readonly KeyObject[],
    private readonly clock: Clock,
  ) {}

  /** A challenge that comes with a sign-in, to bind its session. */
  offerTo(lookupId: string): string {
    return this.issue('offer', lookupId, epochSeconds(this.clock.now()));
  }

  isOffer(lookupId: string, text: string): boolean {
    return this.timeOf('offer', lookupId, text) !== undefined;
  }

  /**
   * What the device of a session has to sign: the same for a few minutes.
   *
   * @param provenAt that of its newest challenge. After a failover the clock may be behind it, and a browser whose
   * responses are refused a few times forgets its key for good.
   */
  challengeTo(lookupId: string, provenAt: Date | null): string {
    const now = epochSeconds(this.clock.now());
    const least = provenAt === null ? 0 : epochSeconds(provenAt);
    return this.issue('challenge', lookupId, Math.max(least, now - (now % CHALLENGE_STEP)));
  }

  /**
   * When a challenge was made; undefined if it is not ours, of another session, or too old. One of the future is ours
   * as well: the clock was set back.
   */
  challengedAt(lookupId: string, text: string): Date | undefined {
    const time = this.timeOf('challenge', lookupId, text);
    return time === undefined ? undefined : new Date(time * 1000);
  }

  /** The value of the cookie of a device that has signed a challenge and sent this token with it. */
  proofOf({ lookupId, generation }: Proven): string {
    const proof = this.issue('proof', boundTo(lookupId, generation), epochSeconds(this.clock.now()));
    return `${generation.toString(36)}.${proof}`;
  }

  /**
   * Whether one of these is a proof for a token. It proves no later token of the session, so that one is used up by the
   * refresh that replaces its token; an older token comes again from another tab.
   */
  isProven({ lookupId, generation }: Proven, proofs: readonly string[]): boolean {
    return proofs.some((proof) => {
      const [, digits = '', rest = ''] = /^([\da-z]{1,6})\.(.*)$/.exec(proof) ?? [];
      const proven = Number.parseInt(digits, 36);
      return generation <= proven && this.timeOf('proof', boundTo(lookupId, proven), rest) !== undefined;
    });
  }

  private issue(use: Use, subject: string, time: number): string {
    const [key] = this.keys;
    if (!key) throw new TypeError('there is no key for proofs of devices');
    return `${time.toString(36)}.${macOf(key, use, subject, time).toString('base64url')}`;
  }

  /** **Unit** seconds since 1970. */
  private timeOf(use: Use, subject: string, text: string): number | undefined {
    const [, digits = '', given = ''] = /^([\da-z]{1,8})\.([\w-]{43})$/.exec(text) ?? [];
    const time = Number.parseInt(digits, 36);
    const age = epochSeconds(this.clock.now()) - time;
    // The clock may be behind the one that it was made by; then the refresh token is accepted as long.
    const isDue = use === 'challenge' || age >= -CLOCK_STEP;
    if (!(isDue && age < LIFETIMES[use])) return undefined;
    const mac = Buffer.from(given, 'base64url');
    const isOurs = this.keys.some((key) => timingSafeEqual(macOf(key, use, subject, time), mac));
    return isOurs ? time : undefined;
  }
}

const boundTo = (lookupId: string, generation: number): string => `${lookupId} ${generation}`;

const macOf = (key: KeyObject, use: Use, subject: string, time: number): Buffer =>
  createHmac('sha256', key).update(`${use} ${subject} ${time}`).digest();
