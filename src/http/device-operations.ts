import type { DeviceSession } from './device-payloads.js';
import type { ErrorCode } from '../errors.js';
import { operation } from './operation-row.js';

/** What ends the session of a refresh token, or refuses it. */
const REFUSED: readonly ErrorCode[] = [
  'token_password_changed',
  'user_inactive',
  'user_not_found',
  'session_limit_reached',
  'rate_limited',
];

/**
 * A browser forgets the key of a session for good at a status below 500 that comes without a challenge. What may pass, or
 * says nothing of the session, is therefore none: a cookie or a page that somebody else put in the way, or a clock that
 * was set back, by which a token is one of the future.
 */
const PASSING = {
  cookie_ambiguous: 503,
  origin_refused: 503,
  rate_limited: 503,
  token_invalid: 503,
} as const;

/** The rows of {@link OPERATIONS} that browsers call for sessions that are bound to them. */
export const DEVICE_OPERATIONS = {
  bindDevice: operation<undefined, DeviceSession>(
    'POST /token/device',
    'Bind the session to the key of this browser; only browsers call it (Device Bound Session Credentials)',
    {
      tag: 'token',
      access: 'refresh_token',
      cookie: 'sets_device_proof',
      switch: 'deviceBoundSessions',
      errors: ['device_binding_refused', ...REFUSED],
    },
  ),
  proveDevice: operation<undefined, DeviceSession>(
    'POST /token/device/proof',
    'Prove that the key of a bound session is still in this browser; only browsers call it',
    {
      tag: 'token',
      access: 'refresh_token',
      cookie: 'sets_device_proof',
      // It is there without the setting too: browsers may still have keys from when it was on.
      settings: ['deviceBoundSessions'],
      errors: ['device_proof_required', ...REFUSED],
      statuses: PASSING,
    },
  ),
};
