import type { Breakage } from './breakage.js';

/** **Unit** milliseconds. */
const DAY = 86_400_000;

/** How many weeks have begun since 1970, on Mondays as in ISO 8601. */
export const weekOf = (now: Date): number => Math.floor((now.getTime() / DAY + 3) / 7);

/** Those of a week: the next ones each week, until all have had their turn. */
export function sampleOf(all: readonly Breakage[], size: number, now: Date): Breakage[] {
  // Neighbours in the list run in different weeks: they often need the same test.
  const turns = Math.ceil(all.length / size);
  return all.filter((_, i) => i % turns === weekOf(now) % turns);
}
