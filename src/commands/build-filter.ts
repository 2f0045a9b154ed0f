import { stat } from 'node:fs/promises';
import { BreachFilterError } from '../crypto/breach-filter-file.js';
import { buildBreachFilter } from '../crypto/build-breach-filter.js';
import { CommandError } from './command-error.js';

/** Builds the file for `BREACHED_PASSWORDS`, without network access or a database. */
export async function buildFilter(list: string, output: string, minCount: number): Promise<string> {
  try {
    const from = await stat(list);
    // It may be read twice, and its size says how to divide it.
    if (!from.isFile() && !from.isDirectory())
      throw new CommandError(`${list}: must be a file, neither a pipe nor a device`);
    const to = await stat(output).catch(() => undefined);
    if (to?.ino === from.ino && to.dev === from.dev)
      throw new CommandError(`${output}: is the list itself; --output names another file`);
    const { count, size } = await buildBreachFilter(list, output, minCount);
    return `${output}: ${count} passwords, ${size} bytes.`;
  } catch (error) {
    if (error instanceof BreachFilterError) throw new CommandError(`${list}: ${error.message}`);
    // The system's message names the file.
    if (error instanceof Error && 'syscall' in error) throw new CommandError(error.message);
    throw error;
  }
}
