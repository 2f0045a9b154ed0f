/**
 * The time from starting the process to the first successful response of `/health/ready`, and the memory it then uses.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/start.ts --times 5
 *
 * The built server (`npm run build`), on PostgreSQL and on the embedded database, whose first start creates it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDatabase } from './database.js';
import { quantile } from './refreshing.js';
import { startArguments } from './server.js';

const { values } = parseArgs({ options: { times: { type: 'string', default: '5' } } });
const TIMES = Number(values.times);
const SECRET_KEY = 'of-the-benchmark-only-and-long-enough-for-it';

console.log('| start | median | least to most | memory when idle |\n|---|---|---|---|');
const postgres = await createDatabase('start');
try {
  const settings = { DATABASE_URL: postgres.url.href };
  await measure('PostgreSQL, schema made', 1, () => settings);
  await measure('PostgreSQL, schema up to date', TIMES, () => settings);
} finally {
  await postgres.drop();
}
const directory = mkdtempSync(join(tmpdir(), 'tokenjar-start-'));
await measure('embedded, first start', TIMES, (i) => ({ DATA_DIR: join(directory, `${i}`) }));
await measure('embedded, later starts', TIMES, () => ({ DATA_DIR: join(directory, '0') }));
rmSync(directory, { recursive: true });

async function measure(
  name: string,
  times: number,
  settingsOf: (i: number) => Record<string, string>,
): Promise<void> {
  const starts = [];
  for (let i = 0; i < times; i++) starts.push(await start(settingsOf(i)));
  const took = starts.map(({ ms }) => ms).sort((a, b) => a - b);
  const seconds = (ms: number | undefined) => `${((ms ?? NaN) / 1000).toFixed(2)} s`;
  console.log(
    `| ${name} | ${seconds(quantile(took, 0.5))} | ${seconds(took[0])} to ${seconds(took.at(-1))} | ${starts[0]?.mib.toFixed(0)} MiB |`,
  );
}

async function start(settings: Record<string, string>): Promise<{ ms: number; mib: number }> {
  const port = 20_000 + Math.floor(Math.random() * 12_000);
  const began = performance.now();
  const child = spawn(process.execPath, startArguments(), {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: `${port}`, SECRET_KEY, ...settings },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the server ended')));
  const ready = async () => {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
      if (answer?.ok) return performance.now() - began;
      await wait(10);
    }
  };
  const ms = await Promise.race([ready(), ended]);
  await wait(1000);
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  child.kill('SIGTERM');
  await ended.catch(() => undefined);
  return { ms, mib: Number(kib) / 1024 };
}
