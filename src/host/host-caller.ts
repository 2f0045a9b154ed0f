import type { Caller } from '../http/caller.js';

/** Who acts, in the audit trail, where the host says nothing else. */
const HOST = 'host app';

/** The caller of what a host does; without one it comes from nowhere, such as a job of the host. */
export const hostCaller = (caller?: Caller): Caller => ({
  ...(caller ?? { ip: null, userAgent: null, requestId: null, isConnected: () => true }),
  actor: caller?.actor ?? HOST,
});
