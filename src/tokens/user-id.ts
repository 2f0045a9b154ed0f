import type { Options } from '../config/options.js';

/**
 * Under its claim, else under one of the usual ones: `USER_ID_CLAIM` was changed while the token was alive. Tokens of
 * others who share the key have no session, and are read by the letter.
 */
export const userIdOf = (claims: Readonly<Record<string, unknown>>, claim: string): unknown =>
  claims[claim] ?? (claims.sid === undefined ? undefined : (claims.sub ?? claims.user_id));

/** An id that our table can hold. simplejwt before 5.5 wrote it as a number. */
export const isUserId = (value: unknown, format: Options['tokenFormat']): value is string | number =>
  (typeof value === 'string' || (typeof value === 'number' && format === 'simplejwt')) &&
  /^[1-9]\d{0,15}$/.test(String(value)) &&
  // Beyond, two ids of PostgreSQL are one number of JavaScript.
  Number.isSafeInteger(Number(value));
