import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';

/** A process and all its descendants. Linux only, like the functions below; on other systems nothing is found or reported. */
export function familyOf(pid: number | undefined): number[] {
  if (pid === undefined || !existsSync('/proc/self/stat')) return [];
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(Number(name))?.[1] ?? 0)] as const);
  const family = [pid];
  for (const member of family)
    family.push(...parents.filter(([, parent]) => parent === member).map(([child]) => child));
  return family;
}

/** The fields after the program name, which may contain spaces. **Source** proc(5). */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
}

/** The clock of proc(5) ticks every 10 ms. */
export const cpuOf = (pid: number): number => {
  const stat = statOf(pid);
  return stat ? (Number(stat[11]) + Number(stat[12])) * 10 : 0;
};

export const memoryOf = (pid: number): number => {
  try {
    const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
};

/**
 * The CPU time of PostgreSQL so far, ended connections included, if it runs on this machine; else 0.
 * **Unit** milliseconds.
 */
export async function cpuOfPostgres(db: pg.Client): Promise<number> {
  const { rows } = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const backend = statOf(rows[0]?.pid ?? 0);
  if (!backend) return 0;
  const server = Number(backend[1]);
  const ended = statOf(server);
  const reaped = ended ? (Number(ended[13]) + Number(ended[14])) * 10 : 0;
  return familyOf(server).reduce((sum, each) => sum + cpuOf(each), reaped);
}
