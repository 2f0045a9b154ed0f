import { hostname, userInfo } from 'node:os';
import { operatorName } from '../config/env.js';
import type { Caller } from '../http/caller.js';
import { VERSION } from '../version.js';

/**
 * Who gives a command, as the audit trail has it: the name that was given, and the user of the machine, whom nobody
 * chooses. In a container that is the same for everybody.
 *
 * @param name as it was given with the command.
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

/** A container may run as a number that has no name. */
function userOfMachine(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? '?'}@${hostname()}`;
  }
}
