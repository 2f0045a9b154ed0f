/**
 * The only source of "now".
 *
 * All instances follow the database's clock: each measures the offset of its own clock and adds it, so lifetimes and
 * revocations mean the same moment everywhere. The local clock is monotonic, so changing a machine's time while the
 * server runs has no effect.
 */
export class Clock {
  private offset = 0;

  /** **Unit** UTC, to the millisecond. */
  now(): Date {
    return new Date(Math.floor(this.machine() + this.offset));
  }

  /** This machine's time when the process started, plus the time since. **Unit** milliseconds since 1970. */
  machine(): number {
    return performance.timeOrigin + performance.now();
  }

  /** How far the database is ahead of this machine. **Unit** milliseconds. */
  get lead(): number {
    return this.offset;
  }

  /**
   * Follows the database's clock.
   *
   * @param offset how far the database is ahead of this machine. **Unit** milliseconds.
   */
  follow(offset: number): void {
    this.offset = offset;
  }
}

/** **Unit** whole seconds since 1970, rounded down: a NumericDate (RFC 7519 §2). */
export const epochSeconds = (moment: Date): number => Math.floor(moment.getTime() / 1000);

export const addSeconds = (moment: Date, seconds: number): Date =>
  new Date(moment.getTime() + Math.round(seconds * 1000));
