/**
 * The targets of docs/performance.md in one run of about ten minutes, as a table. Nothing else should run meanwhile.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/targets.ts
 *
 * Medians of fewer and shorter rounds than `npm run bench` takes. What takes longer has commands of its own: five million
 * sessions (`bench/scale.ts`) and a million refreshes (`bench/session-table.ts`).
 */
import { execFileSync } from 'node:child_process';
import type { Effort, Row } from './compare.js';
import { table } from './report.js';
import { type Workload, WORKLOADS } from './workloads.js';

/** A figure of a target: the rates of two rows, or something else of them. */
interface Target {
  what: string;
  bar: string;
  figure: (rows: Row[]) => string;
}

const find = (rows: Row[], start: string): Row => {
  const row = rows.find(({ name }) => name.startsWith(start));
  if (!row) throw new Error(`${start} was not measured`);
  return row;
};

const rate =
  (one: string, other: string): Target['figure'] =>
  (rows) =>
    rows.some(({ name }) => name.startsWith(other))
      ? (find(rows, one).perSecond / find(rows, other).perSecond).toFixed(2)
      : 'not installed';

/** Of servers, PostgreSQL and both. **Unit** microseconds a request. */
const cpu =
  (...names: string[]): Target['figure'] =>
  (rows) =>
    names
      .map((name) => {
        const { cpu: server, databaseCpu } = find(rows, name);
        return `${name}: ${server.toFixed(0)} + ${databaseCpu.toFixed(0)} µs`;
      })
      .join('; ');

const ES = 'Tokenjar (ES256)';
const HS = 'Tokenjar (HS256)';
const ofRefreshes = (clients: number, bar: number): Target[] => [
  {
    what: `refresh, ${clients} clients, both ES256`,
    bar: `≥ ${bar.toFixed(2)} × the limit`,
    figure: rate(ES, 'limit, ES256'),
  },
  { what: `the same, both HS256`, bar: '', figure: rate(HS, 'limit, HS256') },
  { what: `the same, CPU of the server + PostgreSQL`, bar: '', figure: cpu(ES, 'limit, ES256') },
];

const TARGETS: Readonly<Record<string, { effort: Effort; targets: Target[] }>> = {
  refresh: {
    effort: { rounds: 5, seconds: 3, warmUp: 8 },
    targets: [
      ...ofRefreshes(8, 0.8),
      {
        what: 'the same, beside simplejwt behind gunicorn',
        bar: '≥ 8 ×',
        figure: rate(ES, 'simplejwt'),
      },
    ],
  },
  'refresh-64': { effort: { rounds: 5, seconds: 3, warmUp: 6 }, targets: ofRefreshes(64, 1) },
  guarded: {
    effort: { rounds: 4, seconds: 2, warmUp: 4 },
    targets: [
      {
        what: 'guarded request, ES256',
        bar: '≥ 1.2 × plain Fastify',
        figure: rate(ES, 'plain Fastify, ES256'),
      },
      { what: 'the same, HS256', bar: '≥ 0.7', figure: rate(HS, 'plain Fastify, HS256') },
      { what: 'API key, warm', bar: '≥ 0.8 × a guarded request', figure: rate(`${ES}, API key`, ES) },
    ],
  },
  roles: {
    effort: { rounds: 4, seconds: 2, warmUp: 4 },
    targets: [
      {
        what: 'a role demanded by a host app',
        bar: 'as an access token',
        figure: rate('a role', 'an access token'),
      },
      {
        what: 'a permission demanded by a host app',
        bar: 'the same',
        figure: rate('a permission', 'an access token'),
      },
    ],
  },
  login: {
    effort: { rounds: 5, seconds: 4, warmUp: 5 },
    targets: [{ what: 'login', bar: '≥ 0.92 × argon2id alone', figure: rate(ES, 'argon2id alone') }],
  },
  flood: {
    effort: { rounds: 4, seconds: 4, warmUp: 5 },
    targets: [
      {
        what: 'p99 of refreshes while 64 connections log in',
        bar: '≤ 2 × without them',
        figure: (rows) => (find(rows, 'refreshes beside').p99 / find(rows, 'refreshes alone').p99).toFixed(2),
      },
    ],
  },
};

const lines: string[] = [];
const pages: string[] = [];
for (const [name, { effort, targets }] of Object.entries(TARGETS)) {
  console.error(`${name} …`);
  const workload = WORKLOADS[name] as Workload;
  const rows = await workload.rows(effort);
  pages.push(`${workload.title}:\n\n${table(rows, workload.measure)}`);
  for (const { what, bar, figure } of targets)
    lines.push(`| ${what} | ${bar} | ${figure(rows)} | \`npm run bench -- ${name}\` |`);
  const most = Math.max(...rows.filter((row) => row.name.startsWith('Tokenjar')).map(({ memory }) => memory));
  if (most > 0)
    lines.push(`| memory of the largest process, ${name} | ≤ 220 MiB | ${most.toFixed(0)} MiB | the same |`);
}
console.error('start …');
pages.push(
  `Start and idle memory (≤ 1.3 s on PostgreSQL, ≤ 3 s embedded; ≤ 130 MiB idle):\n\n${execFileSync(
    'npx',
    ['tsx', 'bench/start.ts', '--times', '3'],
    { encoding: 'utf8' },
  )}`,
);
console.log(['| what | target | measured | with |\n|---|---|---|---|', ...lines].join('\n'));
console.log(`\n${pages.join('\n\n')}`);
