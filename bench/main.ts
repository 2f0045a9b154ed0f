/**
 * Compares Tokenjar with a minimal reference server and with its peers, in one run.
 *
 *     DATABASE_URL=postgres://… npm run bench -- [workload …] --rounds 5 --seconds 8
 *
 * `bench/README.md` says what is needed. Results go to `docs/benchmarks/`.
 */
import { parseArgs } from 'node:util';
import { clientsNote, report } from './report.js';
import { WORKLOADS } from './workloads.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
});
const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
const names = positionals.length > 0 ? positionals : Object.keys(WORKLOADS);

for (const name of names) {
  const workload = WORKLOADS[name];
  if (!workload) throw new Error(`${name} is none of ${Object.keys(WORKLOADS).join(', ')}`);
  console.error(`${name} (${clientsNote(workload)}) …`);
  console.log(await report(name, workload, await workload.rows(effort), effort, values.out));
}
