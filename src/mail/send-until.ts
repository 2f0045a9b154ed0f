import { setTimeout as wait } from 'node:timers/promises';
import { SendingError } from './failure.js';
import type { Mailer, OutgoingEmail } from './mailer.js';

/** How long a mailer may take to end once it is told to. */
const LONGEST_ABORT_MS = 1000;

/**
 * Sends an email, and waits until shortly after the signal: a mailer of a host that does not hear it would hold its
 * place, and a shutdown, for ever.
 */
export const sendUntil = (signal: AbortSignal, mailer: Mailer, email: OutgoingEmail): Promise<void> =>
  Promise.race([mailer.send(email, signal), hanging(signal)]);

async function hanging(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
  await wait(LONGEST_ABORT_MS, undefined, { ref: false });
  throw new SendingError('content', new Error('the mailer did not end when it was told to'));
}
