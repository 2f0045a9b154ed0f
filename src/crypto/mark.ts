import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/** Keys of {@link markOf}: the first makes, all compare. */
export type MarkKeys = readonly [KeyObject, ...KeyObject[]];

/**
 * Stands for a text that must not rest here: of an unsalted hash, whatever is computed without a key is as good as the
 * hash itself.
 */
export const markOf = ([key]: MarkKeys, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** Whether a mark is of a text, by the current key or a former one. */
export const isMarkOf = (keys: MarkKeys, text: string, mark: Buffer): boolean =>
  keys.some((key) => {
    const expected = createHmac('sha256', key).update(text).digest();
    return expected.length === mark.length && timingSafeEqual(expected, mark);
  });
