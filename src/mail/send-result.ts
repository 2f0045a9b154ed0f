import type { Verdict } from './failure.js';
import type { Blame } from './shares.js';

/** The result of an attempt. */
export type SendResult =
  | { is: 'sent' }
  | { is: 'not_needed' }
  | { is: 'not_attempted' }
  | { is: 'failed'; why: string; verdict: Verdict | undefined; isFinal: boolean };

/** Who is at fault, for the shares. */
export function blameOf(result: SendResult): Blame {
  if (result.is === 'sent') return 'nobody';
  return result.is === 'failed' && result.verdict ? result.verdict.about : 'unknown';
}
