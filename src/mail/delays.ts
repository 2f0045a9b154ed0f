import type { Verdict } from './failure.js';

/** Delays before the next attempts; the last one repeats. **Unit** seconds. */
const DELAYS = [1, 5, 15, 60, 300, 300, 300, 900, 3600] as const;
/** The same if the sender was refused because of a quota or its reputation. */
const DELAYS_OF_SENDER = [300, 900, 3600] as const;
/** The same if the mail server may have accepted the email without confirming it; after these it is given up. */
const DELAYS_UNCONFIRMED = [5, 60, 900, 3600, 14_400, 43_200, 86_400] as const;

/** The number of attempts with an unknown outcome after which an email is given up. */
export const MOST_UNCONFIRMED = DELAYS_UNCONFIRMED.length + 1;

/**
 * The delay after a failed attempt. **Unit** seconds.
 *
 * @param verdict undefined if no attempt was made.
 * @param relayPause the current pause of the mail server. **Unit** milliseconds.
 */
export function delayOf(
  { attempts, unconfirmed }: { attempts: number; unconfirmed: number },
  verdict: Verdict | undefined,
  relayPause: number,
): number {
  if (verdict?.about === 'relay') return Math.max(1, relayPause / 1000);
  if (verdict?.isUnconfirmed) return stepOf(DELAYS_UNCONFIRMED, unconfirmed);
  return stepOf(verdict?.isAboutSender ? DELAYS_OF_SENDER : DELAYS, attempts);
}

/** @param attempt starts at one. */
const stepOf = (delays: readonly number[], attempt: number): number =>
  delays[Math.min(attempt, delays.length) - 1] ?? 0;
