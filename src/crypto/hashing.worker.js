// argon2 in a thread of its own, at low priority: whatever a login flood costs, refreshes go first.
// Plain JavaScript, because a worker is loaded as it is, from the sources as from the build.
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { hashSync, verifySync } from '@node-rs/argon2';

// Linux schedules threads one by one, and takes the id of one where that of a process is asked for. Elsewhere the id
// would be somebody else's.
if (process.platform === 'linux') {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), 10);
  } catch {
    // Without /proc, or where that is not allowed, hashing goes on at the priority of the process.
  }
}

export default ({ password, hashed, parameters }) =>
  hashed === undefined ? hashSync(password, parameters) : verifySync(hashed, password);
