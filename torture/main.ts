/**
 * Tortures a server with crashing browsers, a network that loses and duplicates, dying servers and databases, and thieves;
 * then checks the history against the guarantees of the refresh rules.
 *
 *     npm run torture -- --seconds 60 --browsers 300 --instances 2 --seed 7 --svg torture.svg
 *
 * The exit code is 1 if a guarantee was violated, and 2 if the run failed.
 */
import { writeFileSync } from 'node:fs';
import { figuresOf } from './figures.js';
import { type Options, readOptions, USAGE } from './options.js';
import { storyOf, tableOf } from './report.js';
import { run } from './run.js';
import { timelineOf } from './timeline.js';
import { World } from './world.js';

/** Violations shown in full. */
const SHOWN = 20;

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
    const shown = result.violations.slice(0, SHOWN).map((violation) => storyOf(violation, result.history));
    if (shown.length > 0) console.error(`\n${shown.join('\n')}`);
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
// Open connections would keep the process running.
process.exit();
