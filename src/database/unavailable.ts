import { TokenjarError } from '../errors.js';
import { isNativeError } from 'node:util/types';

/** Codes of PostgreSQL, pg and the network for temporary failures. */
const SQL_STATES = /^(08|53|55000|57P0[1-5]|57014|28|3D000|58|25006|40001|40P01|55P03)/;
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** Errors of pg without a code. */
const SENTENCES =
  /Connection terminated|timeout exceeded when trying to connect|^timeout expired$|Client has encountered a connection error|Cannot use a pool after|Query read timeout|not queryable|Driver not Connected/i;

/**
 * Whether an error means that the database is temporarily unavailable, so that a retry makes sense.
 *
 * **Source** PostgreSQL documentation, appendix A: classes 08, 53, 57P, 58; 40001 and 40P01 call for a retry.
 */
export function isUnavailable(error: unknown): boolean {
  for (let cause: unknown = error; isNativeError(cause); cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    const isNetwork =
      NETWORK.has(code) &&
      !('path' in cause && code === 'ENOENT' && !('syscall' in cause && cause.syscall === 'connect'));
    if (SQL_STATES.test(code) || isNetwork || SENTENCES.test(cause.message)) return true;
    if ('errors' in cause && Array.isArray(cause.errors) && cause.errors.some(isUnavailable)) return true;
  }
  return false;
}

/** The error for the caller, if nobody can tell what is in the database. */
export const toUnavailable = (cause: unknown): TokenjarError =>
  cause instanceof TokenjarError
    ? cause
    : new TokenjarError('database_unavailable', { retryAfter: 1, cause });
