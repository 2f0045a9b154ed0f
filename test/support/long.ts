/** Whether `npm run test:long` requests the long form of long-running tests. */
export const isLong = process.env.TEST_LONG === '1';
