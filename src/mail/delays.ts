import type { Verdict } from './failure.js';

/** After how long an email is tried again, the last step over and over. **Unit** seconds. */
const DELAYS = [1, 5, 15, 60, 300, 300, 300, 900, 3600] as const;
/** The same where the sender was refused: a quota or a reputation. */
const DELAYS_OF_SENDER = [300, 900, 3600] as const;
/** The same where the mail server may have taken the email and did not say so: after these it is given up. */
const DELAYS_UNCONFIRMED = [5, 60, 900, 3600, 14_400, 43_200, 86_400] as const;

/** Attempts whose outcome nobody knows, before an email is given up. */
export const MOST_UNCONFIRMED = DELAYS_UNCONFIRMED.length + 1;

/**
 * How long an email waits after an attempt that failed. **Unit** seconds.
 *
 * @param verdict undefined where it did not come to an attempt.
 * @param relayPause how long the mail server is left alone. **Unit** milliseconds.
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

/** @param attempt counted from one. */
const stepOf = (delays: readonly number[], attempt: number): number =>
  delays[Math.min(attempt, delays.length) - 1] ?? 0;
