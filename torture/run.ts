import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Browser } from './browser.js';
import { ChaosProxy } from './chaos-proxy.js';
import { carryOut, planFaults } from './faults.js';
import { driveHerds } from './herds.js';
import { History } from './history.js';
import type { Scene } from './holder.js';
import { Ending, pause } from './http.js';
import { judgeTokens, look } from './looker.js';
import type { Options } from './options.js';
import { Random } from './random.js';
import { watchRevocations } from './revocations.js';
import { Thief } from './thief.js';
import { judgeRevocations, judgeRows, judgeSession, type Violation } from './verdict.js';
import { World } from './world.js';

/** The result of a run. */
export interface Run {
  history: History;
  violations: Violation[];
  /** Rows of each table after the sign-ins and at the end; empty for external servers. */
  rows: { before: Record<string, number>; after: Record<string, number> };
  /** When browsers started and stopped. **Unit** milliseconds since the run began. */
  span: [number, number];
  /** The longest pause of the kit itself: a busy machine affects the times of the rules. **Unit** milliseconds. */
  hiccup: number;
}

/** Concurrent revocation checks. */
const WATCHERS = 4;

export async function run(options: Options, world?: World): Promise<Run> {
  const history = new History();
  const targets = world ? world.instances.map(({ url }) => url) : options.targets;
  const proxy = new ChaosProxy(targets, () => history.now());
  await proxy.start();
  const over = new Ending();
  const { adapter, times } = options;
  const scene: Scene = { adapter, proxy, targets, times, history, over };
  try {
    return await play(options, scene, world, over);
  } finally {
    over.abort();
    await proxy.stop();
  }
}

async function play(options: Options, scene: Scene, world: World | undefined, over: Ending): Promise<Run> {
  const { history, times, adapter } = scene;
  const random = new Random(options.seed);
  const name = `${options.seed}-${Date.now().toString(36)}`;
  const browsers = Array.from({ length: options.browsers }, (_, i) => {
    const own = random.fork(`browser ${i}`);
    return new Browser(scene, `b${i}`, own, adapter.account(name, i), i < options.bound * options.browsers);
  });
  await signIn(browsers);
  const before = (await world?.countRows()) ?? {};

  const began = history.now();
  const delays = monitorEventLoopDelay();
  delays.enable();
  const length = options.seconds * 1000;
  const ended = pause(length).then(() => over.abort());
  const faults = world && planFaults(length, random.fork('faults'));
  await Promise.all([
    ended,
    ...browsers.map((browser) => browser.live()),
    letThievesIn(options, scene, browsers, random.fork('thieves')),
    look(scene, random.fork('looker')),
    driveHerds(scene, browsers, world, random.fork('herds')),
    ...Array.from({ length: WATCHERS }, (_, i) =>
      watchRevocations(scene, name, options.browsers + i, random.fork(`revocation ${i}`)),
    ),
    faults && carryOut(faults, world, history, times, random.fork('carrying out'), over),
  ]);
  const until = history.now();
  delays.disable();
  await askEverybody(scene, browsers, random.fork('end'));

  const after = (await world?.countRows()) ?? {};
  const rows = (after.sessions ?? 0) + (after.ended_sessions ?? 0);
  const rules = { rotateAfter: times.rotateAfter };
  const violations = [
    ...history.sessions.flatMap((session) => judgeSession(session, rules)),
    ...judgeRevocations(history.revocations),
    ...(world ? judgeRows(rows, history.signIns, history.now()) : []),
  ].sort((a, b) => a.at - b.at);
  return { history, violations, rows: { before, after }, span: [began, until], hiccup: delays.max / 1e6 };
}

/** Eight at a time, because passwords take server time. */
async function signIn(browsers: Browser[]): Promise<void> {
  const waiting = [...browsers];
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await next.signIn();
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

async function letThievesIn(
  { theftEvery }: Options,
  scene: Scene,
  browsers: Browser[],
  random: Random,
): Promise<void> {
  const thieves: Promise<void>[] = [];
  for (let n = 0; !scene.over.aborted; n++) {
    await pause(random.waitOf(theftEvery), scene.over);
    thieves.push(new Thief(scene, `t${n}`, random.fork(`thief ${n}`), random.pick(browsers)).steal());
  }
  await Promise.all(thieves);
}

/** Finally every browser refreshes once, undisturbed: users who were not robbed must still be signed in. */
async function askEverybody(scene: Scene, browsers: Browser[], random: Random): Promise<void> {
  for (const browser of browsers)
    for (let tries = 0; tries < 5; tries++) {
      const outcome = await browser.refresh(`${browser.name}.end`, true);
      if (outcome === 'done' || outcome === 'signed_out') break;
      await pause(100);
    }
  if (scene.adapter.verifyPath === undefined) return;
  const robbed = scene.history.sessions.filter(({ theft }) => theft);
  for (const session of robbed) await judgeTokens(scene, session, Infinity, random);
}
