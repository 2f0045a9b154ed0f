import type { Authentication, AuthMethod } from '../../tokens/authentication.js';
import { permissionsIn } from '../../tokens/scope.js';
import type { SessionRow } from './session-statements.js';

/** The state of the database that a session was read from. **Unit** milliseconds since 1970. */
export interface AsOf {
  /** The last change of its user's roles. */
  claimsEpoch: number;
  /** The last change of any role; 0 if its user has none. */
  rolesEpoch: number;
}

/** How a session began, and the state of the database that it was read from. */
export interface SessionFacts {
  /** Whether it outlives the browser. */
  isRemembered: boolean;
  authentication: Authentication;
  asOf: AsOf;
  /** The permissions that it was opened with; null for all that its user has. */
  scope: readonly string[] | null;
}

/** What the one column says of a session, and the public ID of its user. */
export function factsIn({ authentication }: Pick<SessionRow, 'authentication'>): {
  facts: SessionFacts;
  publicId: string;
} {
  const scopeAt = authentication.indexOf(' |');
  const words = scopeAt < 0 ? authentication : authentication.slice(0, scopeAt);
  const [time, remember, claimsEpoch, rolesEpoch, publicId = '', ...methods] = words.split(' ');
  const facts = {
    authentication: { time: Number(time), methods: methods as AuthMethod[] },
    isRemembered: remember === 't',
    asOf: { claimsEpoch: Number(claimsEpoch), rolesEpoch: Number(rolesEpoch) },
    scope: scopeAt < 0 ? null : permissionsIn(authentication.slice(scopeAt + 2)),
  };
  return { facts, publicId };
}
