/**
 * What a change or a setting costs: this build beside the build of another checkout, or beside itself without the
 * settings, in pairs of rounds.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/change.ts --before ../before [refresh guarded keys roles login] --pairs 12 --seconds 5
 *     DATABASE_URL=postgres://… npx tsx bench/change.ts --before ../before --both ALGORITHM=HS256 guarded
 *     DATABASE_URL=postgres://… npx tsx bench/change.ts --with METRICS_PORT=0 --with LOG_REQUESTS=on refresh
 *     DATABASE_URL=postgres://… npx tsx bench/change.ts --with NODE_FLAGS=--max-semi-space-size=16 refresh
 *
 * The two of a pair follow one another, in turns of who is first, so that what else the machine does meets both; the
 * median of the pairs' ratios counts. Build both checkouts first. Set `BENCH_PROCESSES=1` for CPU times that mean
 * something on a busy machine.
 */
import { parseArgs } from 'node:util';
import { measure, type Round, warm } from './compare.js';
import { type Contender, host, tokenjar } from './contenders.js';
import { quantile } from './refreshing.js';
import { bearing, byKey, chain, loggingIn } from './workloads.js';

const WORKLOADS = {
  refresh: chain,
  guarded: (contender: Contender) => bearing(contender, 'guarded'),
  keys: byKey,
  roles: (contender: Contender) => bearing(contender, 'role'),
  login: loggingIn,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    before: { type: 'string' },
    with: { type: 'string', multiple: true, default: [] },
    /** Settings of either build; a host app takes none. */
    both: { type: 'string', multiple: true, default: [] },
    pairs: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '5' },
  },
});
if (values.before === undefined && values.with.length === 0)
  throw new Error('--before: the directory of another checkout, built; or --with: a setting');
const settingsIn = (given: string[]): Record<string, string> =>
  Object.fromEntries(given.map((each) => [each.replace(/=.*$/s, ''), each.replace(/^.*?=/s, '')]));
const both = settingsIn(values.both);
const settings = { ...both, ...settingsIn(values.with) };

for (const name of positionals.length > 0 ? positionals : Object.keys(WORKLOADS)) {
  const workload = WORKLOADS[name as keyof typeof WORKLOADS];
  const isHost = name === 'roles';
  const before = workload(
    isHost ? host('before', values.before) : tokenjar('before', both, values.before ?? '.'),
  );
  const after = workload(isHost ? host('after') : tokenjar('after', settings));
  const running = [];
  try {
    for (const entry of [before, after]) running.push({ entry, server: await entry.contender.start() });
    for (const { entry, server } of running) await warm(entry, server);
    const pairs: [Round, Round][] = [];
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      const rounds = new Map<unknown, Round>();
      for (const { entry, server } of pair % 2 === 0 ? running : running.toReversed())
        rounds.set(entry, await measure(entry, server, Number(values.seconds)));
      pairs.push([rounds.get(before), rounds.get(after)] as [Round, Round]);
    }
    report(name, pairs);
  } finally {
    for (const { server } of running) await server.stop();
  }
}

function report(name: string, pairs: [Round, Round][]): void {
  const show = (what: string, of: (round: Round) => number) => {
    const ratios = pairs.map(([one, other]) => of(other) / of(one)).sort((a, b) => a - b);
    const at = (share: number) => quantile(ratios, share).toFixed(3);
    const median = (side: 0 | 1) =>
      quantile(
        pairs.map((pair) => of(pair[side])).sort((a, b) => a - b),
        0.5,
      ).toPrecision(3);
    console.log(
      `${name}, ${what}: after/before ${at(0.5)} (quartiles ${at(0.25)} to ${at(0.75)}); medians ${median(0)} → ${median(1)}`,
    );
  };
  show('requests/s', ({ perSecond }) => perSecond);
  show('CPU of the server, µs a request', ({ cpu }) => cpu);
  if (pairs.some(([{ databaseCpu }]) => databaseCpu > 1))
    show('CPU of PostgreSQL, µs a request', ({ databaseCpu }) => databaseCpu);
  show('p50, ms', ({ p50 }) => p50);
  show('p99, ms', ({ p99 }) => p99);
}
