/** Delays after each attempt. **Unit** seconds. **Source** Standard Webhooks 1.0.0, "Deliverability and reliability". */
const DELAYS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;
/** No endpoint may ask for more. **Unit** seconds. */
const LONGEST_DELAY = 86_400;
/** Adds up to this share, so that what failed together does not come again together. */
const JITTER = 0.1;

/**
 * The delay before the next attempt, undefined if there is none. **Unit** seconds.
 *
 * @param attempt that failed, from 1. @param retryAfter what the endpoint asked for. @param random in [0, 1).
 */
export function delayAfter(attempt: number, retryAfter: number | null, random: number): number | undefined {
  const delay = DELAYS[attempt - 1];
  if (delay === undefined) return undefined;
  return Math.max(delay, Math.min(retryAfter ?? 0, LONGEST_DELAY)) * (1 + JITTER * random);
}
