import { type Logger, pino } from 'pino';
import type { LoggedRequest } from './request-reports.js';

/**
 * What a pipe takes as a whole: the lines of the processes of `WEB_CONCURRENCY` do not mix. **Unit** bytes.
 * **Source** pipe(7), PIPE_BUF.
 */
const PIECE = 4096;
/** How long a line of a request waits for others. **Unit** milliseconds. */
const GATHER_MS = 100;

/**
 * JSON lines on standard output.
 *
 * Lines of requests are written together: a system call for each, which also wakes up whoever reads them, cost more than
 * all else that is measured and logged. Whatever else is said is written at once, and before a process exits everything
 * is; one that is killed loses the requests of its last tenth of a second.
 */
export class LogLines {
  private readonly output = pino.destination({ fd: 1, sync: true, minLength: PIECE - 1, maxWrite: PIECE });
  private readonly lines: Logger;
  private isWaiting = false;

  constructor() {
    this.lines = pino(
      {
        base: { pid: process.pid },
        messageKey: 'message',
        timestamp: timeOfLine(),
        formatters: { level: (label) => ({ level: label }) },
      },
      this.output,
    );
    process.on('exit', this.flush);
  }

  /** What happened, after all that was said before. */
  say(level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal', fields: object, message: string): void {
    this.lines[level](fields, message);
    this.flush();
  }

  request(request: LoggedRequest): void {
    this.lines.info(request);
    if (this.isWaiting) return;
    this.isWaiting = true;
    setTimeout(this.flush, GATHER_MS).unref();
  }

  private readonly flush = (): void => {
    this.isWaiting = false;
    this.output.flush();
  };
}

/** Like pino's `isoTime`, which puts the date of each line together anew. **Shape** RFC 3339 in UTC, with milliseconds. */
function timeOfLine(): () => string {
  let second = NaN;
  let text = '';
  return () => {
    const now = Date.now();
    const milliseconds = now % 1000;
    if (now - milliseconds !== second) {
      second = now - milliseconds;
      text = `,"time":"${new Date(second).toISOString().slice(0, -'000Z'.length)}`;
    }
    return `${text}${String(milliseconds).padStart(3, '0')}Z"`;
  };
}
