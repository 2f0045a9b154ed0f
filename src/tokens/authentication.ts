import type { Options } from '../config/options.js';

/**
 * How a user proved who they are.
 *
 * `pwd` password, `otp` one-time or recovery code, `hwk` and `swk` key of a passkey in hardware or in software, `user`
 * presence or fingerprint that the passkey verified; `mfa` two factors at an identity
 * provider that is trusted with it; ours: `email` code sent by email, `fed` another identity provider.
 * **Source** RFC 8176.
 */
export type AuthMethod = 'pwd' | 'otp' | 'hwk' | 'swk' | 'user' | 'email' | 'fed' | 'mfa';

/** All of them, for what hosts name. */
export const AUTH_METHODS: readonly AuthMethod[] = [
  'pwd',
  'otp',
  'hwk',
  'swk',
  'user',
  'email',
  'fed',
  'mfa',
];

/** How much a proof is worth: one factor, or two. **Source** NIST SP 800-63B-4 §2, by its names. */
export type AuthLevel = 'aal1' | 'aal2';

/** When and how somebody proved who they are. A refresh changes neither. */
export interface Authentication {
  methods: readonly AuthMethod[];
  /** **Unit** seconds since 1970. */
  time: number;
}

/** What access tokens say of an authentication. **Source** RFC 9068 §2.2.1, RFC 8176, RFC 9470 §5. */
export interface AuthenticationClaims {
  /** Authentication methods, with `mfa` where they are two factors. */
  amr: readonly string[];
  acr: AuthLevel;
  /** **Unit** seconds since 1970. */
  authTime: number;
}

/** What somebody has, and not only knows or receives. */
const POSSESSION: readonly AuthMethod[] = ['otp', 'hwk', 'swk'];

export const isPossession = (method: AuthMethod): boolean => POSSESSION.includes(method);

/**
 * Two factors are something that the user has and something else. Two things of one kind are one factor; a code sent by
 * email proves no possession (ASVS 5.0 6.3.6).
 */
export const levelOf = (methods: readonly AuthMethod[]): AuthLevel =>
  methods.includes('mfa') || (methods.some(isPossession) && !methods.every(isPossession)) ? 'aal2' : 'aal1';

/** Whether settings demand a second factor of users with these roles. */
export const demandsFactor = (
  roles: readonly string[],
  { secondFactor, secondFactorRoles }: Pick<Options, 'secondFactor' | 'secondFactorRoles'>,
): boolean =>
  secondFactor === 'required' ||
  (secondFactor === 'optional' && roles.some((role) => secondFactorRoles.includes(role)));

export function claimsOf({ methods, time }: Authentication): AuthenticationClaims {
  const acr = levelOf(methods);
  return {
    amr: acr === 'aal2' ? [...methods.filter((method) => method !== 'mfa'), 'mfa'] : methods,
    acr,
    authTime: time,
  };
}

/** Reads the claims of a token. One of a version before does not have them: it counts as weak, and of when its session began. */
export function readAuthentication(
  { amr, acr, auth_time: time }: Readonly<Record<string, unknown>>,
  sessionId: string,
): AuthenticationClaims {
  return {
    amr: Array.isArray(amr) ? amr.filter((method) => typeof method === 'string') : [],
    acr: acr === 'aal2' ? 'aal2' : 'aal1',
    authTime: Number.isSafeInteger(time) ? (time as number) : beganAt(sessionId),
  };
}

/** When a session began, from its UUID v7. **Unit** seconds since 1970. */
const beganAt = (sessionId: string): number =>
  Math.floor(parseInt(sessionId.slice(0, 8) + sessionId.slice(9, 13), 16) / 1000);
