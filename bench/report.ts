import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Effort, Row } from './compare.js';
import { barChart } from './plot.js';
import { VERSION } from '../src/version.js';
import { databaseUrl } from './server.js';
import { connect } from './database.js';
import type { Workload } from './workloads.js';

export const clientsNote = ({ clients }: Pick<Workload, 'clients'>): string =>
  `${clients ?? process.env.BENCH_CLIENTS ?? 8} clients, ${process.env.BENCH_PROCESSES ?? 2} processes`;

/** Writes the page and the chart of a workload, and the index of all pages. @returns the page. */
export async function report(
  name: string,
  workload: Workload,
  rows: Row[],
  effort: Effort,
  directory: string,
): Promise<string> {
  const page = [
    `# ${workload.title}`,
    workload.what,
    table(rows, workload.measure),
    `![${workload.title}](${name}.svg)`,
    await circumstances(name, workload, effort),
  ].join('\n\n');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${name}.md`), `${page}\n`);
  const bars = rows.map((row) => ({
    name: row.name,
    value: row.perSecond,
    least: row.least,
    most: row.most,
  }));
  await writeFile(join(directory, `${name}.svg`), barChart(workload.title, 'per second', bars));
  await writeIndex(directory);
  return page;
}

/** Ratios are to the row that is named, else to the one of the workload. */
export function table(rows: Row[], measure: string): string {
  const head = `| | per second (median) | least to most | ratio | p50 ms | p99 ms | CPU of the server, µs each | CPU of PostgreSQL, µs each | MiB |\n|---|---|---|---|---|---|---|---|---|`;
  const lines = rows.map(({ name, perSecond, least, most, p50, p99, cpu, databaseCpu, memory, against }) =>
    row([
      name,
      round(perSecond),
      `${round(least)} to ${round(most)}`,
      ratioOf(rows, { perSecond, against: against ?? measure }),
      p50.toFixed(2),
      p99.toFixed(2),
      cpu > 0 ? round(cpu) : '',
      databaseCpu > 1 ? round(databaseCpu) : '',
      memory > 0 ? round(memory) : '',
    ]),
  );
  return [head, ...lines].join('\n');
}

const row = (cells: string[]): string => `| ${cells.join(' | ')} |`;

function ratioOf(rows: Row[], { perSecond, against }: { perSecond: number; against: string }): string {
  const whole = rows.find(({ name }) => name === against);
  return whole ? (perSecond / whole.perSecond).toFixed(2) : '';
}

const round = (value: number): string => (value < 100 ? value.toFixed(1) : Math.round(value).toString());

async function circumstances(name: string, workload: Workload, { rounds, seconds }: Effort): Promise<string> {
  const db = await connect(new URL(databaseUrl()));
  const { rows } = await db.query<{ server_version: string; commit: string; fsync: string }>(
    `SELECT current_setting('server_version') AS server_version, current_setting('synchronous_commit') AS commit,
       current_setting('fsync') AS fsync`,
  );
  await db.end();
  const [{ server_version = '', commit = '', fsync = '' } = {}] = rows;
  return [
    `${rounds} rounds of ${seconds} s, alternating; ${clientsNote(workload)}; medians.`,
    `${cpus().length} × ${cpus()[0]?.model.trim() ?? ''}, ${Math.round(totalmem() / 2 ** 30)} GiB, load and PostgreSQL on the same cores.`,
    `Tokenjar ${VERSION} (${revision()}), Node ${process.versions.node}, PostgreSQL ${server_version.split(' ')[0]}, synchronous_commit=${commit}, fsync=${fsync}.`,
    `\`npm run bench -- ${name} --rounds ${rounds} --seconds ${seconds}\``,
  ].join('<br>\n');
}

function revision(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'no revision';
  }
}

/** Lists all existing pages, with their first tables. */
async function writeIndex(directory: string): Promise<void> {
  const pages = (await readdir(directory))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort();
  const parts = await Promise.all(
    pages.map(async (file) => {
      const [title = '', what = '', rows = ''] = (await readFile(join(directory, file), 'utf8')).split(
        '\n\n',
      );
      return `## [${title.replace('# ', '')}](${file})\n\n${what}\n\n${rows}`;
    }),
  );
  const intro =
    'Written by `npm run bench`, which measures all that are compared in one run, round after round in turn. Ratios are to the row of 1.00 above, of the same algorithm where there are two. Single figures on a shared machine mean little; [bench/README.md](../../bench/README.md) says how to run it.';
  await writeFile(join(directory, 'README.md'), `# Benchmarks\n\n${intro}\n\n${parts.join('\n\n')}\n`);
}
