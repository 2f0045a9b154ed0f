// Runs test files, one after the other, in one process: what they import is loaded once and stays warm.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { jestExpect } from '@jest/expect';
import { createEmptyTestResult } from '@jest/test-result';
import { getState, resetState, run } from 'jest-circus';
import { formatExecError, formatResultsErrors } from 'jest-message-util';

const { config, globalConfig } = await new Promise((resolve) => process.once('message', resolve));
Object.assign(globalThis, config.globals);
let count = 0;
/** Errors that nobody waited for. */
const stray = [];
process.on('unhandledRejection', (error) => stray.push(error));
process.on('uncaughtException', (error) => stray.push(error));

process.on('message', async (path) => {
  try {
    process.send({ result: await runFile(path), rss: process.memoryUsage.rss() });
  } catch (error) {
    const { message = String(error), stack = '' } = error ?? {};
    process.send({ error: { message, stack }, rss: process.memoryUsage.rss() });
  }
});
// A process that hangs is asked where.
process.on('SIGUSR2', () => {
  const { currentlyRunningTest: test, currentDescribeBlock: block } = getState();
  console.error(`It runs: ${test?.name ?? block?.name}. Open: ${process.getActiveResourcesInfo()}`);
});
process.send('ready');

/** Where cases are drawn or requests race, a fault may show only once: these files are not tried again. */
const RACES =
  /\/test\/(torture|model|fuzz|breakages)\/|\/(pressed-twice|two-tabs-and-lost-answers|a-thief-is-caught)\./;
const isUnrepeated = (path) =>
  process.env.TEST_RETRIES === '0' || RACES.test(path) || readFileSync(path, 'utf8').includes("'fast-check'");

/** The names under which jest-circus looks for how often a failed test is tried again, and when. */
const RETRIES = Symbol.for('RETRY_TIMES');
globalThis[Symbol.for('RETRY_IMMEDIATELY')] = true;
globalThis[Symbol.for('LOG_ERRORS_BEFORE_RETRY')] = true;

async function runFile(path) {
  resetState();
  globalThis[RETRIES] = isUnrepeated(path) ? 0 : 1;
  Object.assign(getState(), {
    parentProcess: process,
    testTimeout: config.testTimeout ?? globalConfig.testTimeout ?? 5000,
    testNamePattern: globalConfig.testNamePattern ? new RegExp(globalConfig.testNamePattern, 'i') : null,
  });
  jestExpect.setState({ testPath: path, expand: globalConfig.expand, currentTestName: undefined });
  const start = Date.now();
  // The file itself is evaluated each time, what it imports is not.
  await import(`${pathToFileURL(path)}?${count++}`);
  const loaded = Date.now();
  const { testResults, unhandledErrorsDetailed } = await run();
  const errors = [...unhandledErrorsDetailed, ...stray.splice(0)];
  const end = Date.now();
  const servers = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
  const results = testResults.map(assertionOf);
  const messages = [
    formatResultsErrors(results, config, globalConfig, path),
    ...errors.map((error) => formatExecError(error, config, globalConfig)),
    ...(servers > 0 ? [`  ● ${servers} server(s) that the file started still listen\n`] : []),
  ];
  const isBroken = errors.length > 0 || servers > 0;
  const empty = createEmptyTestResult();
  return {
    ...empty,
    displayName: config.displayName,
    failureMessage: messages.filter(Boolean).join('\n\n') || null,
    numFailingTests: countOf(results, 'failed'),
    numPassingTests: countOf(results, 'passed'),
    numPendingTests: countOf(results, 'pending'),
    numTodoTests: countOf(results, 'todo'),
    perfStats: {
      ...empty.perfStats,
      loadTestEnvironmentStart: start,
      loadTestEnvironmentEnd: start,
      start: loaded,
      end,
      runtime: end - start,
      slow: false,
    },
    testExecError: isBroken ? { message: '', stack: messages.filter(Boolean).join('\n') } : undefined,
    testFilePath: path,
    testResults: results,
  };
}

function countOf(results, status) {
  return results.filter((each) => each.status === status).length;
}

function assertionOf({
  testPath,
  status,
  errors,
  errorsDetailed,
  duration,
  invocations,
  numPassingAsserts,
  retryReasons,
}) {
  const [, ...names] = testPath;
  const outcome =
    status === 'todo' ? 'todo' : status === 'skip' ? 'pending' : errors.length > 0 ? 'failed' : 'passed';
  return {
    ancestorTitles: names.slice(0, -1),
    title: names.at(-1),
    fullName: names.join(' '),
    status: outcome,
    duration,
    failureMessages: errors,
    failureDetails: errorsDetailed.map((error) =>
      error instanceof Error ? { message: error.message } : error,
    ),
    invocations,
    location: null,
    numPassingAsserts,
    retryReasons,
  };
}
