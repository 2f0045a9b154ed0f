// Loaded before anything else (node --import): a machine whose clock is off by SKEW_MS when the process starts, and
// jumps by JUMP_MS at SIGUSR2. The monotonic clock knows of no jump.
import { performance } from 'node:perf_hooks';

const start = Number(process.env.SKEW_MS ?? 0);
const { timeOrigin } = performance;
Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin + start });

const RealDate = Date;
let skew = start;
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + skew);
    else super(...given);
  }
  static now() {
    return RealDate.now() + skew;
  }
};
process.on('SIGUSR2', () => {
  skew += Number(process.env.JUMP_MS ?? 0);
  console.log('the clock jumped');
});
