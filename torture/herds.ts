import type { Browser } from './browser.js';
import type { Scene } from './holder.js';
import { pause } from './http.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** Browsers that refreshed at one moment, and how many of them a statement took together. */
export interface Herd {
  size: number;
  /** Sessions whose last change came with that of another one. */
  together: number;
  /** Most in one statement. */
  most: number;
}

/** As many as decision 43 was measured with. */
const SIZE = 64;

/** Now and then, many browsers refresh at the same moment, so that servers take them together. */
export async function driveHerds(
  scene: Scene,
  browsers: readonly Browser[],
  world: World | undefined,
  random: Random,
): Promise<void> {
  const { over, times, history } = scene;
  for (let n = 0; !over.aborted; n++) {
    await pause(random.waitOf(0.7 * times.rotateAfter), over);
    if (over.aborted) return;
    const from = Math.floor(random.between(0, browsers.length));
    const herd = [...browsers.slice(from), ...browsers.slice(0, from)]
      .filter((browser) => browser.isAwake)
      .slice(0, SIZE);
    await Promise.all(herd.map((browser) => browser.refresh(`${browser.name}.herd`)));
    history.herds.push({ size: herd.length, ...(await lookAt(world)) });
  }
}

/** Rows that one transaction has changed last: nothing else changes several sessions at once. */
async function lookAt(world: World | undefined): Promise<Omit<Herd, 'size'>> {
  try {
    const [row] = (await world?.postgres.query<{ together: number; most: number }>(
      `SELECT coalesce(sum(n), 0)::int AS together, coalesce(max(n), 0)::int AS most
       FROM (SELECT count(*) AS n FROM tokenjar.sessions GROUP BY xmin HAVING count(*) > 1) t`,
    )) ?? [undefined];
    return row ?? { together: 0, most: 0 };
  } catch {
    // The database is restarting.
    return { together: 0, most: 0 };
  }
}
