import type * as openid from 'openid-client';
import { type ErrorCode, TokenjarError } from '../errors.js';

/** What a provider answers when its user does not want to sign in. */
const DENIALS = ['access_denied', 'user_cancelled_authorize', 'consent_required', 'interaction_required'];
/** What it answers when it cannot say anything now. **Source** RFC 6749 §4.1.2.1. */
const FAILURES = ['server_error', 'temporarily_unavailable'];

/** The error for what went wrong with a provider: the user's choice, its failure, or an answer that proves nothing. */
export const refusalOf = (library: typeof openid, error: unknown): TokenjarError =>
  new TokenjarError(codeOf(library, error), { cause: error });

function codeOf(library: typeof openid, error: unknown): ErrorCode {
  // Ours, which the library has wrapped.
  if (error instanceof library.ClientError && error.cause instanceof TokenjarError) return error.cause.code;
  if (error instanceof library.AuthorizationResponseError)
    return DENIALS.includes(error.error)
      ? 'access_denied'
      : FAILURES.includes(error.error)
        ? 'provider_unavailable'
        : 'provider_refused';
  if (error instanceof library.ResponseBodyError)
    return error.status >= 500 ? 'provider_unavailable' : 'provider_refused';
  const cause = error instanceof library.ClientError ? error.cause : undefined;
  const hasFailed =
    // What fetch throws when nobody can be reached.
    error instanceof TypeError ||
    cause instanceof TypeError ||
    (error instanceof library.ClientError && ['OAUTH_TIMEOUT', 'OAUTH_ABORT'].includes(error.code ?? '')) ||
    (cause instanceof Response && cause.status >= 500);
  return hasFailed ? 'provider_unavailable' : 'provider_refused';
}

/** What is logged of it: no secret, and nothing that a provider wrote in its own words. */
export function reasonOf({ cause }: TokenjarError): string {
  if (!(cause instanceof Error)) return 'an unknown error';
  const { message } = cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
  const said = 'error' in cause && typeof cause.error === 'string' ? `: ${cause.error.slice(0, 60)}` : '';
  return `${message}${code}${said}`.replaceAll(/\p{Cc}/gu, ' ');
}
