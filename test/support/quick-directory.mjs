import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** What the databases of a run take at most. **Unit** bytes. */
const ENOUGH = 2 * 2 ** 30;

/**
 * Where the databases of the tests are: in memory if there is room. A copy of a database is hundreds of files, which
 * takes 45 ms there and 300 to 900 ms on some disks.
 */
export const QUICK_DIRECTORY = hasRoom() ? MEMORY : tmpdir();

function hasRoom() {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ENOUGH;
  } catch {
    return false;
  }
}
