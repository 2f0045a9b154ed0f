/** Whether `npm run test:long` asks for the long form of what is long by nature. */
export const isLong = process.env.TEST_LONG === '1';
