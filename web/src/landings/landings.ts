import type { FunctionComponent } from 'preact';

/**
 * Pages of their own, by path; they are shown whoever is signed in. What stands behind `#` they read themselves: it is
 * never sent to a server. Each path stands in `PAGE_PATHS` of the server's `src/page.ts` too.
 */
export const LANDINGS: Record<string, FunctionComponent> = {};
