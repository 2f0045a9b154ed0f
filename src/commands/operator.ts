import { hostname, userInfo } from 'node:os';
import { operatorName } from '../config/env.js';
import type { Caller } from '../http/caller.js';
import { VERSION } from '../version.js';

/** The name of the operator on the command line, once it was read. */
export type As = () => string | undefined;

/**
 * The operator who runs a command, for the audit trail: the given name, and the system user, which cannot be chosen. In
 * a container the system user is the same for everybody.
 *
 * @param name from the command line.
 */
export function operatorAs(name = operatorName()): Caller {
  const operator = [name?.replace(/[^\p{L}\p{N}@._+ -]/gu, '').slice(0, 100), userOfMachine()];
  return {
    ip: null,
    userAgent: `tokenjar/${VERSION}`,
    requestId: null,
    actor: operator.filter(Boolean).join(', '),
    isConnected: () => true,
  };
}

/** A container may run as a numeric user without a name. */
function userOfMachine(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? '?'}@${hostname()}`;
  }
}
