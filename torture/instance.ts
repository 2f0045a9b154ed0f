import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from './http.js';

const SKEW = new URL('../test/support/skew.mjs', import.meta.url).href;
const JUMP_MS = '3600000';

/** One server process on a port that it keeps across restarts. */
export class Instance {
  readonly url: string;
  private child: ChildProcess | undefined;
  private said = '';

  constructor(
    private readonly directory: string,
    private readonly port: number,
    private readonly settings: Record<string, string>,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts it; retries while the database is unavailable, as an orchestrator would. */
  async start(): Promise<void> {
    for (let tries = 0; tries < 30; tries++) {
      if (await this.tryToStart()) return;
      await pause(300);
    }
    throw new Error(`the server does not start: ${this.said.slice(-2000)}`);
  }

  private async tryToStart(): Promise<boolean> {
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, ['--import', SKEW, join(this.directory, 'dist/main.js')], {
      cwd: tmpdir(),
      env: { PATH, HOME, HOST: '127.0.0.1', PORT: String(this.port), JUMP_MS, ...this.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.said = '';
    const listens = new Promise<boolean>((done) => {
      const hear = (data: Buffer) => {
        // Later log output is not needed and would grow with the run.
        this.said = (this.said + data.toString()).slice(-20_000);
        if (/listens on http/.test(this.said)) done(true);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
    });
    return Promise.race([listens, once(child, 'exit').then(() => false)]);
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Sets its clock an hour ahead, as a machine does that finds its own to be wrong. */
  stepClock(): Promise<void> {
    this.child?.kill('SIGUSR2');
    return Promise.resolve();
  }

  /** Pauses the process for a while, like a swapping machine, with requests in its sockets. */
  async stall(time: number): Promise<void> {
    const { child } = this;
    child?.kill('SIGSTOP');
    await pause(time);
    child?.kill('SIGCONT');
  }
}
