import cluster, { type Worker } from 'node:cluster';
import type { LoggerService } from '@nestjs/common';
import type { Options } from '../config/options.js';
import { drainTimeOf, SAME_PRESS_MS, STOP_SIGNALS } from './stopping.js';

/** A worker that exits sooner than this after its start is not replaced immediately. **Unit** milliseconds. */
const SHORT_LIFE_MS = 5000;
/**
 * As in `npm start`: a young generation that holds what the requests under way need (docs/performance.md). Passed first,
 * so that the operator can override it.
 */
const EXEC_ARGV = ['--max-semi-space-size=8'];
/** The time a worker gets beyond `DRAIN_TIME` and `SHUTDOWN_TIMEOUT` before it is killed. **Unit** milliseconds. */
const LAST_GRACE_MS = 1000;

/**
 * Runs `WEB_CONCURRENCY` processes on one port, and replaces those that die.
 *
 * The first one has to listen before the others start, so that a startup error is reported once, and one of them
 * migrates.
 *
 * @param onListening called once all of them listen.
 * @returns the exit code, once all have exited.
 */
export async function runWorkers(
  options: Pick<Options, 'webConcurrency' | 'drainTime' | 'production' | 'shutdownTimeout'>,
  logger: LoggerService,
  onListening: (port: number) => void,
): Promise<number> {
  cluster.setupPrimary({ execArgv: [...EXEC_ARGV, ...process.execArgv] });
  const timeout = (drainTimeOf(options) + options.shutdownTimeout) * 1000;
  const workers = new Workers(options.webConcurrency, timeout, logger);
  for (const signal of STOP_SIGNALS) process.on(signal, () => workers.stop());
  return workers.run(onListening);
}

class Workers {
  private readonly running = new Set<Worker>();
  private isStopping = false;
  private stoppedAt = -Infinity;
  private code = 0;
  private finish: (code: number) => void = () => undefined;

  constructor(
    private readonly count: number,
    private readonly timeout: number,
    private readonly logger: LoggerService,
  ) {}

  run(onListening: (port: number) => void): Promise<number> {
    const ended = new Promise<number>((resolve) => (this.finish = resolve));
    const first = this.start();
    first.once('listening', ({ port }) => {
      const others = Array.from({ length: this.count - 1 }, () => this.start());
      const listening = others.map((worker) => new Promise((done) => worker.once('listening', done)));
      void Promise.all(listening).then(() => onListening(port));
    });
    return ended;
  }

  /** Lets every worker finish its requests; those that take too long are killed. A repeated signal is passed on. */
  stop(): void {
    if (performance.now() - this.stoppedAt < SAME_PRESS_MS) return;
    this.stoppedAt = performance.now();
    for (const worker of this.running) worker.process.kill('SIGTERM');
    if (this.isStopping) return;
    this.isStopping = true;
    setTimeout(() => {
      for (const worker of this.running) worker.process.kill('SIGKILL');
    }, this.timeout + LAST_GRACE_MS).unref();
    this.endIfAllHave();
  }

  private start(): Worker {
    const worker = cluster.fork();
    const startedAt = performance.now();
    let isListening = false;
    this.running.add(worker);
    worker.once('listening', () => (isListening = true));
    worker.once('exit', (code, signal) => {
      this.running.delete(worker);
      // It was told to stop while starting, so it ends by the signal.
      if (this.isStopping) this.code ||= signal === 'SIGTERM' ? 0 : (code ?? 1);
      else if (isListening || this.running.size > 0)
        this.replace(worker, signal ?? `code ${code}`, performance.now() - startedAt);
      // The first one failed to start and has reported why.
      else this.fail(code ?? 1);
      this.endIfAllHave();
    });
    return worker;
  }

  /** A worker that cannot run is not restarted in a tight loop. */
  private replace(worker: Worker, cause: string, lifetime: number): void {
    this.logger.error(`Process ${worker.process.pid} ended (${cause}) and will be replaced`, 'Tokenjar');
    if (lifetime >= SHORT_LIFE_MS) this.start();
    else
      setTimeout(() => {
        if (!this.isStopping) this.start();
      }, SHORT_LIFE_MS - lifetime);
  }

  private fail(code: number): void {
    this.isStopping = true;
    this.code = code;
  }

  private endIfAllHave(): void {
    if (this.isStopping && this.running.size === 0) this.finish(this.code);
  }
}
