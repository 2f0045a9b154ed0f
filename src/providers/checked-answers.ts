import { TokenjarError } from '../errors.js';
import { type Attempt, ATTEMPT_LIFETIME } from './attempts.js';
import type { ProviderAccount } from './provider.js';

/** How far the clock of a provider may be off. **Unit** seconds. */
export const TOLERANCE = 60;
/** **Unit** characters. **Source** OpenID Connect Core §2. */
const LONGEST_SUBJECT = 255;

/**
 * Some providers do not say when somebody authenticated there; what others say must not be before they were asked.
 *
 * @param authTime the claim `auth_time`. **Errors** `provider_refused`.
 */
export function demandSince({ expiresAt }: Attempt, authTime: unknown): void {
  if (authTime === undefined) return;
  const begunAt = expiresAt - ATTEMPT_LIFETIME;
  if (typeof authTime !== 'number' || authTime < begunAt - TOLERANCE)
    throw refused('the authentication is too old');
}

/**
 * What an answer contains. Errors say nothing of it, because they are logged.
 *
 * @param path for the log. **Errors** `provider_refused`, `provider_unavailable`.
 */
export async function jsonOf(answer: Response, path: string): Promise<unknown> {
  const { ok, status } = answer;
  if (!ok)
    throw new TokenjarError(status >= 500 ? 'provider_unavailable' : 'provider_refused', {
      cause: new Error(`${path} answered ${status}`),
    });
  try {
    return JSON.parse(await answer.text());
  } catch {
    throw refused('the answer is not JSON');
  }
}

/**
 * Subjects are kept and compared, so those that the database would refuse or change are none.
 *
 * **Errors** `provider_refused`.
 */
export function withSubject(account: ProviderAccount): ProviderAccount {
  const { subject } = account;
  const isKept = !/[\p{Cc}\p{Cs}]/u.test(subject);
  if (subject !== '' && subject.length <= LONGEST_SUBJECT && isKept) return account;
  throw refused('the subject is none');
}

/** The error for an answer that proves nothing. @param why for the log: nothing that a provider wrote. */
export const refused = (why: string): TokenjarError =>
  new TokenjarError('provider_refused', { cause: new Error(why) });
