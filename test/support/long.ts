import { test } from '@jest/globals';

/** Whether `npm run test:long` requests the long form of long-running tests. */
export const isLong = process.env.TEST_LONG === '1';

/** A test that only `npm run test:long` runs. */
export const longTest = isLong ? test : test.skip;
