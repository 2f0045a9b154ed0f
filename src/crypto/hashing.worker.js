// Passwords in low-priority threads, so that refreshes come first during a login flood.
// Plain JavaScript, because a worker is loaded unchanged, both from the sources and from the build.
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { hashSync } from '@node-rs/argon2';
import { match } from './hashers/hashers.js';

// Linux schedules threads individually, and accepts a thread ID instead of a process ID. On other systems the ID would
// belong to another process.
if (process.platform === 'linux') {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), 10);
  } catch {
    // Without /proc, or without permission, hashing runs at the priority of the process.
  }
}

/** Hashes a password, or finds the candidate that matches what is stored. */
export default ({ password, parameters, ...verification }) =>
  parameters === undefined ? match(verification) : hashSync(password, parameters);
