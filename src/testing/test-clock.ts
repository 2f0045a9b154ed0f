import { Clock } from '../clock.js';

/** A clock that stands still until a test advances it. It is Tokenjar's time alone: `Date.now()` goes on. */
export class TestClock extends Clock {
  private moment: number;

  /** @param start now, by default. */
  constructor(start = new Date()) {
    super();
    this.moment = start.getTime();
  }

  override now(): Date {
    return new Date(this.moment);
  }

  /** The database's clock does not affect a test's time. */
  override follow(): void {}

  /** **Unit** seconds. */
  advance(seconds: number): void {
    this.moment += Math.round(seconds * 1000);
  }
}
