import { setTimeout as wait } from 'node:timers/promises';

const STEP_MS = 10;

/**
 * Asks again and again until something is so.
 *
 * @param bound **Unit** milliseconds.
 * @throws when it is not so within the bound.
 */
export async function eventually(isSo: () => boolean | Promise<boolean>, bound = 10_000): Promise<void> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > bound)
      throw new Error(`it was not so within ${bound} ms: ${isSo.toString()}`);
    await wait(STEP_MS);
  }
}
