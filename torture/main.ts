/**
 * Tortures a server: browsers that crash, a network that loses and doubles, servers and databases that die, and thieves
 * beside them; then checks from the history that the promises of the refresh rules were kept.
 *
 *     npm run torture -- --seconds 60 --browsers 300 --instances 2 --seed 7 --svg torture.svg
 *
 * The exit code is 1 where a promise was broken, 2 where the run could not be made.
 */
import { writeFileSync } from 'node:fs';
import { figuresOf } from './figures.js';
import { type Options, readOptions, USAGE } from './options.js';
import { storyOf, tableOf } from './report.js';
import { run } from './run.js';
import { timelineOf } from './timeline.js';
import { World } from './world.js';

/** Violations told in full. */
const TOLD = 20;

async function main(options: Options): Promise<number> {
  const { adapter, targets, server, instances, times, settings, svg, isJson } = options;
  if (targets.length === 0 && adapter.endings === undefined)
    throw new TypeError('only Tokenjar is started here; name your servers with --target');
  const world = targets.length > 0 ? undefined : await World.create(server, instances, times, settings);
  const stop = () => void world?.remove().finally(() => process.exit(2));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const result = await run(options, world);
    const figures = figuresOf(result, times);
    console.log(isJson ? JSON.stringify(figures, null, 2) : tableOf(figures));
    const told = result.violations.slice(0, TOLD).map((violation) => storyOf(violation, result.history));
    if (told.length > 0) console.error(`\n${told.join('\n')}`);
    if (svg !== undefined) writeFileSync(svg, timelineOf(result));
    return result.violations.length > 0 ? 1 : 0;
  } finally {
    await world?.remove();
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  console.error(error instanceof TypeError ? error.message : error);
  process.exitCode = 2;
}
// Connections that are kept open would keep the process.
process.exit();
