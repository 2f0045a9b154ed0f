import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** What this process can use. */
export interface Machine {
  /** Of which the server makes as many threads for hashing. */
  cores: number;
  /** The processor time that a container may use, in cores; undefined without a limit. */
  quota: number | undefined;
  /** **Unit** bytes. */
  memory: number;
}

/**
 * Reads the limits of the control groups that this process is in, of both versions.
 *
 * **Source** Linux documentation, Control Group v2, `memory.max` and `cpu.max`; CGROUPS v1, `memory.limit_in_bytes` and `cpu.cfs_quota_us`.
 *
 * @param root the root directory.
 */
export async function readMachine(root = '/'): Promise<Machine> {
  const groups = (await readText(join(root, 'proc/self/cgroup'))) ?? '';
  const [, own = '/'] = /^0::(\S+)$/m.exec(groups) ?? [];
  const base = join(root, 'sys/fs/cgroup');
  const memory: number[] = [totalmem()];
  const quota: number[] = [];
  for (const directory of pathsUpTo(base, join(base, own))) {
    memory.push(...numbersIn(await readText(join(directory, 'memory.max'))).slice(0, 1));
    const [used, period] = numbersIn(await readText(join(directory, 'cpu.max')));
    if (used !== undefined && period) quota.push(used / period);
  }
  memory.push(...numbersIn(await readText(join(base, 'memory/memory.limit_in_bytes'))));
  const [used = -1] = numbersIn(await readText(join(base, 'cpu/cpu.cfs_quota_us')));
  const [period = 0] = numbersIn(await readText(join(base, 'cpu/cpu.cfs_period_us')));
  if (used > 0 && period > 0) quota.push(used / period);
  return {
    cores: availableParallelism(),
    memory: Math.min(...memory),
    quota: quota.length === 0 ? undefined : Math.min(...quota),
  };
}

/** `a/b/c`, `a/b`, `a`, for `a`. */
function pathsUpTo(base: string, path: string): string[] {
  const paths: string[] = [];
  for (let each = path.replace(/\/$/, ''); each.startsWith(base); each = dirname(each)) paths.push(each);
  return paths;
}

/** `max 100000` has none before its second. */
const numbersIn = (text: string | undefined): number[] =>
  text === undefined || text.startsWith('max')
    ? []
    : text.trim().split(/\s+/).map(Number).filter(Number.isFinite);

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Other systems have none of these, and other versions have other files.
    return undefined;
  }
}
