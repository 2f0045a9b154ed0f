import type { Fault, History } from './history.js';
import { pause, type Stop } from './http.js';
import type { Random } from './random.js';
import type { Times } from './scale.js';
import type { World } from './world.js';

/** A planned fault. **Unit** milliseconds since the browsers started. */
export interface PlannedFault {
  kind: Fault['kind'];
  at: number;
}

/** How often each fault occurs: every so many seconds, but at least so many times in a short run. */
const FREQUENCY: Record<Fault['kind'], { every: number; least: number }> = {
  kill: { every: 20, least: 2 },
  restart: { every: 60, least: 1 },
  terminate: { every: 10, least: 2 },
  stall: { every: 30, least: 1 },
  partition: { every: 30, least: 1 },
  clock_step: { every: 30, least: 1 },
  slow_disk: { every: 60, least: 1 },
  failover: { every: 60, least: 1 },
};

/** Those of one server; the others are of the database. */
const OF_INSTANCES: readonly Fault['kind'][] = ['kill', 'stall', 'partition', 'clock_step'];
/** How much longer each answer of the database takes on a slow disk. **Unit** milliseconds. */
const SLOW_MS = 400;

/** The faults of a run, each kind spread randomly over it. @param length **Unit** milliseconds. */
export function planFaults(length: number, random: Random): PlannedFault[] {
  const plan: PlannedFault[] = [];
  for (const [kind, { every, least }] of Object.entries(FREQUENCY)) {
    const count = Math.max(least, Math.round(length / 1000 / every));
    for (let i = 0; i < count; i++)
      plan.push({ kind: kind as Fault['kind'], at: (length * 0.9 * (i + random.between(0.2, 0.9))) / count });
  }
  return plan.sort((a, b) => a.at - b.at);
}

/** Executes the plan: one fault per server at a time, but several servers concurrently. */
export async function carryOut(
  plan: PlannedFault[],
  world: World,
  history: History,
  times: Times,
  random: Random,
  over: Stop,
): Promise<void> {
  const busy = new Set<number>();
  const under = plan.map(async ({ kind, at }) => {
    const own = random.fork(`${kind}${at}`);
    await pause(at, over);
    if (over.aborted) return;
    const instance = claim(kind, world, busy, own);
    if (instance === undefined) return;
    const startedAt = history.now();
    await inflict(kind, world, instance, times, own).finally(() => busy.delete(instance));
    const isOfInstance = OF_INSTANCES.includes(kind);
    history.faults.push({ kind, at: startedAt, until: history.now(), ...(isOfInstance && { instance }) });
  });
  await Promise.all(under);
}

const DATABASE = -1;

/** The target of the fault, if it is free: an instance, or the database. */
function claim(kind: Fault['kind'], world: World, busy: Set<number>, random: Random): number | undefined {
  if (kind === 'failover' && !world.hasStandby) return undefined;
  const all = OF_INSTANCES.includes(kind) ? world.instances.map((_, i) => i) : [DATABASE];
  const free = all.filter((candidate) => !busy.has(candidate));
  if (free.length === 0) return undefined;
  const picked = random.pick(free);
  busy.add(picked);
  return picked;
}

async function inflict(
  kind: Fault['kind'],
  world: World,
  at: number,
  { rollback }: Times,
  random: Random,
): Promise<void> {
  const { postgres, instances, lines } = world;
  const instance = instances[at];
  if (kind === 'failover') return world.failOver();
  if (kind === 'partition') return lines[at]?.interrupt(random.between(300, 3000));
  if (kind === 'clock_step') return instance?.stepClock();
  if (kind === 'slow_disk') {
    const time = random.between(1000, 3000);
    await Promise.all(lines.map((line) => line.slowDown(SLOW_MS, time)));
    return;
  }
  if (kind === 'restart') return postgres.restart(random.chance(0.5) ? 'fast' : 'immediate');
  if (kind === 'terminate') {
    const half = random.chance(0.5) ? 'AND random() < 0.5' : '';
    await postgres.query(
      `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ${half}`,
    );
    return;
  }
  if (kind === 'kill') {
    await instance?.kill();
    await pause(random.between(0, 1000));
    return instance?.start();
  }
  // The rules assume that a request is decided within B of being sent.
  return instance?.stall(random.between(0.2, 0.8) * rollback);
}
