import { setTimeout as wait } from 'node:timers/promises';
import type { Contender, Running } from './contenders.js';
import { type Load, type Measured, run } from './load.js';
import { quantile } from './refreshing.js';

/** How long before the load the background work starts. **Unit** milliseconds. */
const HEAD_START_MS = 500;

/** V8 keeps optimising for about 20,000 requests. **Unit** seconds. */
export const WARM_UP = 20;

/** One contender of a comparison, and its load. */
export interface Entry {
  contender: Contender;
  /** Called before each round, with fresh cookies. */
  load: (running: Running) => Promise<Omit<Load, 'seconds' | 'url'>>;
  /** Background work, from a little before the load until a little after it. */
  beside?: (running: Running) => Promise<void>;
  /** The contender that its ratio is to, if not the one of the workload. */
  against?: string;
  /** Its rounds do not affect the others but take long, such as a login with a slow hash. */
  rounds?: number;
  /** How many requests are answered before its rounds count, however long that takes. */
  warmUpRequests?: number;
}

/** The results of a contender over all rounds. */
export interface Row {
  name: string;
  against: string | undefined;
  /** Medians, and the minimum and maximum of the rates. */
  perSecond: number;
  least: number;
  most: number;
  p50: number;
  p99: number;
  /** CPU time of the server's processes and of PostgreSQL per request. **Unit** microseconds. */
  cpu: number;
  databaseCpu: number;
  /** Of the largest process after the last round. **Unit** MiB. */
  memory: number;
}

/** Length and number of rounds, and how long each is warmed up. **Unit** seconds. */
export interface Effort {
  rounds: number;
  seconds: number;
  warmUp?: number;
}

/**
 * Measures contenders alternately, round by round, so that other load on the machine affects all of them.
 *
 * Each is warmed up by an uncounted round. @throws if a response was wrong.
 */
export async function compare(
  entries: Entry[],
  { rounds, seconds, warmUp = WARM_UP }: Effort,
): Promise<Row[]> {
  const started: { entry: Entry; running: Running; rounds: Round[] }[] = [];
  try {
    for (const entry of entries) {
      const reason = entry.contender.absent?.();
      if (reason) console.error(`left out: ${entry.contender.name} (${reason})`);
      else started.push({ entry, running: await entry.contender.start(), rounds: [] });
    }
    for (const { entry, running } of started) await warm(entry, running, warmUp);
    for (let round = 0; round < rounds; round++)
      for (const each of started) each.rounds.push(await measure(each.entry, each.running, seconds));
    return started.map(({ entry, running, rounds }) => summary(entry, running, rounds));
  } finally {
    for (const { running } of started) await running.stop();
  }
}

/**
 * A round that does not count. V8 optimises what has run often, not what has run for long: a hundred logins a second are
 * an hour's work of a site, and yet too few within a time that is enough for refreshes.
 */
export async function warm(entry: Entry, running: Running, seconds = WARM_UP): Promise<void> {
  let answered = 0;
  do answered += (await measure(entry, running, seconds)).ok;
  while (answered < (entry.warmUpRequests ?? 0));
}

/** **Unit** microseconds per request, of the server and of PostgreSQL. */
export type Round = Measured & { cpu: number; databaseCpu: number };

/** One round. @param seconds how long. */
export async function measure({ load, beside }: Entry, running: Running, seconds: number): Promise<Round> {
  const what = await load(running);
  const loaded = async (): Promise<Round> => {
    if (beside) await wait(HEAD_START_MS);
    const [before, databaseBefore] = [running.cpu(), await running.cpuOfDatabase()];
    const measured = await run({ ...what, url: running.url, seconds });
    const each = (milliseconds: number) => (milliseconds * 1000) / measured.ok;
    return {
      ...measured,
      cpu: each(running.cpu() - before),
      databaseCpu: each((await running.cpuOfDatabase()) - databaseBefore),
    };
  };
  // Both are awaited from the start, so that a failure of either is reported and ends the other.
  const [round] = await Promise.all([loaded(), beside?.(running)]);
  return round;
}

function summary({ contender, against }: Entry, running: Running, rounds: Round[]): Row {
  const median = (of: (round: Round) => number) =>
    quantile(
      rounds.map(of).sort((a, b) => a - b),
      0.5,
    );
  const rates = rounds.map(({ perSecond }) => perSecond);
  return {
    name: contender.name,
    against,
    perSecond: median((round) => round.perSecond),
    least: Math.min(...rates),
    most: Math.max(...rates),
    p50: median((round) => round.p50),
    p99: median((round) => round.p99),
    cpu: median((round) => round.cpu),
    databaseCpu: median((round) => round.databaseCpu),
    memory: running.memory(),
  };
}
