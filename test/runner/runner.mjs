// A runner for jest that keeps what test files import: one process runs many files, and none loads Nest again.
// Jest's own gives each file a world of its own, which costs more than most files take.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url));
const TYPESCRIPT = new URL('./typescript.mjs', import.meta.url).href;
/** **Unit** bytes. */
const ENOUGH = 1.5 * 2 ** 30;
const EXIT_MS = 5000;
/** No file takes that long, whatever else the machine does. */
const FILE_MS = (process.env.TEST_LONG === '1' ? 20 : 6) * 60_000;

export default class Runner {
  constructor(globalConfig) {
    this.globalConfig = globalConfig;
  }

  async runTests(tests, watcher, onStart, onResult, onFailure) {
    // One project after the other, so that a worker serves many files; no worker waits for the last file of a project.
    const configs = [...new Set(tests.map(({ context }) => context.config))];
    const waiting = configs.flatMap((config) => tests.filter(({ context }) => context.config === config));
    const workers = Math.min(this.globalConfig.maxWorkers, waiting.length);
    await Promise.all(
      Array.from({ length: workers }, () => this.work(waiting, watcher, { onStart, onResult, onFailure })),
    );
  }

  async work(waiting, watcher, { onStart, onResult, onFailure }) {
    let worker, config;
    for (let test = waiting.shift(); test; test = waiting.shift()) {
      if (watcher.isInterrupted()) break;
      if (worker && test.context.config !== config) {
        await stop(worker);
        worker = undefined;
      }
      config = test.context.config;
      worker ??= await this.start(config);
      await onStart(test);
      let { result, error, rss, isStuck } = await answerOf(worker, test.path);
      if (isStuck) {
        // Once more in a process of its own: what hangs twice has failed.
        worker = await this.start(config);
        ({ result, error, rss } = await answerOf(worker, test.path));
      }
      if (error) await onFailure(test, error);
      else await onResult(test, result);
      if (rss === undefined || rss > ENOUGH) {
        await stop(worker);
        worker = undefined;
      }
    }
    if (worker) await stop(worker);
  }

  async start(config) {
    const execArgv = ['--import', TYPESCRIPT, '--disable-warning=ExperimentalWarning'];
    const worker = fork(WORKER, { execArgv, serialization: 'advanced' });
    const { testNamePattern, testTimeout, expand, noStackTrace, rootDir } = this.globalConfig;
    const { globals, displayName, testTimeout: limit, testMatch } = config;
    worker.send({
      config: { globals, displayName, testTimeout: limit, testMatch, rootDir: config.rootDir },
      globalConfig: { testNamePattern, testTimeout, expand, noStackTrace, rootDir },
    });
    await once(worker, 'message');
    return worker;
  }
}

/** What the worker says of the file; that it died or hung, where it did. */
function answerOf(worker, path) {
  return new Promise((resolve) => {
    let isStuck = false;
    // It tells where it is before it is ended.
    let timer = setTimeout(() => {
      isStuck = true;
      console.error(`${path} has no result after ${FILE_MS / 60_000} minutes.`);
      worker.kill('SIGUSR2');
      timer = setTimeout(() => worker.kill('SIGKILL'), EXIT_MS);
    }, FILE_MS);
    const onMessage = (message) => {
      clearTimeout(timer);
      worker.off('exit', onExit);
      resolve(message);
    };
    const onExit = (code, signal) => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      const message = `the process of the tests ended (${signal ?? code})`;
      resolve({ error: { message, stack: message }, isStuck });
    };
    worker.once('message', onMessage);
    worker.once('exit', onExit);
    worker.send(path);
  });
}

/** A worker ends by itself once nobody talks to it, if no file has left anything open. */
async function stop(worker) {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const ended = once(worker, 'exit');
  const timer = setTimeout(() => {
    console.error('A process of the tests did not end by itself: a file has left something open.');
    worker.kill('SIGKILL');
  }, EXIT_MS);
  worker.disconnect();
  await ended;
  clearTimeout(timer);
}
