import { BreachFilterError } from '../crypto/breach-filter-file.js';
import { buildBreachFilter } from '../crypto/build-breach-filter.js';
import { CommandError } from './command-error.js';

/** Builds the file for `BREACHED_PASSWORDS`, without network access or a database. */
export async function buildFilter(list: string, output: string, minCount: number): Promise<string> {
  try {
    const { count, size } = await buildBreachFilter(list, output, minCount);
    return `${output}: ${count} passwords, ${size} bytes.`;
  } catch (error) {
    if (error instanceof BreachFilterError) throw new CommandError(`${list}: ${error.message}`);
    // The system's message names the file.
    if (error instanceof Error && 'syscall' in error) throw new CommandError(error.message);
    throw error;
  }
}
