import { access, constants, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Options } from '../../config/options.js';
import { HASH_PARAMETERS } from '../../crypto/password.js';
import { type Finding, Findings } from './finding.js';
import type { Machine } from './machine.js';

const MIB = 1024 * 1024;
/** What a process takes before it hashes anything, and the embedded database beside it. **Unit** MiB. */
const PROCESS = 120;
const EMBEDDED = 160;

/** Whether hashes fit into memory and processor time: as many at once as there are cores, or one with the embedded database. */
export function checkHashing({ webConcurrency, databaseUrl }: Options, machine: Machine): Finding[] {
  const findings = new Findings('password_hashing');
  const { cores, quota, memory } = machine;
  const isEmbedded = databaseUrl === undefined;
  const threads = isEmbedded ? 1 : Math.max(1, Math.floor(cores / webConcurrency)) * webConcurrency;
  const hashing = (threads * HASH_PARAMETERS.memoryCost) / 1024;
  const need = Math.ceil(webConcurrency * PROCESS + hashing + (isEmbedded ? EMBEDDED : 0));
  if (need > memory / MIB)
    findings.error(
      `${threads} password hashes at once take ${Math.ceil(hashing)} MiB, and everything ${need} MiB, but the limit is ${Math.floor(memory / MIB)} MiB: a few sign-ins at once end the process`,
      `Raise the memory limit to ${need} MiB, lower WEB_CONCURRENCY, or give the container fewer cores (cpuset).`,
    );
  if (!isEmbedded && quota !== undefined && cores > Math.ceil(quota))
    findings.warning(
      `hashes run on ${cores} cores at once, but the processor time is limited to ${quota} cores, so that the system stops the whole process while passwords are hashed`,
      'Raise the limit of processor time, or give the container as few cores (cpuset).',
    );
  return findings.all;
}

/** File systems by their numbers. **Source** statfs(2). */
const TMPFS = 0x01021994;
const REMOTE = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
]);
/** **Unit** MiB. */
const LEAST_FREE = 100;
const LITTLE_FREE = 1024;

/** Whether the embedded database has a disk that keeps what is written. */
export async function checkDisk({ databaseUrl, dataDir, production }: Options): Promise<Finding[]> {
  const findings = new Findings('disk');
  if (databaseUrl !== undefined) return findings.all;
  const directory = await nearestExisting(resolve(dataDir));
  try {
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    findings.error(
      `DATA_DIR: ${directory} is not writable for this user`,
      `Give it to the user of the server (chown), or set DATA_DIR to another directory.`,
    );
  }
  const { bavail, bsize, type } = await statfs(directory);
  const free = Math.floor((bavail * bsize) / MIB);
  if (free < LITTLE_FREE) {
    const message = `DATA_DIR: ${free} MiB are free on the disk of ${directory}`;
    const cure = 'Free some space, or move DATA_DIR to a larger disk while the server is stopped.';
    if (free < LEAST_FREE) findings.error(message, cure);
    else findings.warning(message, cure);
  }
  const remote = REMOTE.get(type);
  if (remote !== undefined)
    findings.warning(
      `DATA_DIR: ${directory} is on ${remote}, where a write may be lost and the lock may fail`,
      'Use a local disk, or PostgreSQL with DATABASE_URL.',
    );
  if (type === TMPFS && production)
    findings.error(
      `DATA_DIR: ${directory} is in memory (tmpfs), so all accounts are gone after a restart of the machine`,
      'Use a directory on a disk, or a volume.',
    );
  return findings.all;
}

async function nearestExisting(path: string): Promise<string> {
  for (let each = path; ; each = dirname(each))
    try {
      await access(each);
      return each;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(each) === each) return each;
    }
}
