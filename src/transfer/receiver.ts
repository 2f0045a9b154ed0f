import type { Audit } from '../audit/audit.js';
import type { Passwords } from '../crypto/password.js';
import type { Queries } from '../database/database.js';
import type { EventName } from '../events.js';
import type { Caller } from '../http/caller.js';
import type { SessionEnding } from '../users/sessions/session-ending.js';
import type { Users } from '../users/users.js';
import type { ImportKeys } from './seen.js';

/** What receives accounts here, and who has it do so. */
export interface Receiver {
  users: Users;
  ending: SessionEnding;
  audit: Pick<Audit, 'record'>;
  operator: Caller;
  keys: ImportKeys;
  passwords: Passwords;
}

type Recorder = Pick<Receiver, 'audit' | 'operator'>;

/** Records a change of an account, in its transaction. */
export const recordChange = (
  { audit, operator }: Recorder,
  event: EventName,
  userId: number,
  tx: Queries,
  reason?: string,
): Promise<void> =>
  audit.record(
    { event, outcome: 'success', userId, caller: operator, ...(reason !== undefined && { reason }) },
    tx,
  );

/** Records of an import that it begins to write, or how it ended. */
export const recordRun = (
  { audit, operator }: Recorder,
  reason: string,
  outcome: 'success' | 'failure' = 'success',
  queries?: Queries,
): Promise<void> => audit.record({ event: 'users_imported', outcome, reason, caller: operator }, queries);
