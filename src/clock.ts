/**
 * The only source of "now".
 *
 * Instances share the database's clock: each measures how far its own is off and adds the difference, so lifetimes
 * and revocations mean the same moment everywhere, whatever the machines say. Its own is the monotonic one: a machine
 * whose time is set while the server runs changes nothing.
 */
export class Clock {
  private offset = 0;

  /** **Unit** UTC, to the millisecond. */
  now(): Date {
    return new Date(Math.floor(this.machine() + this.offset));
  }

  /** What this machine took for now when the process started, and the time since. **Unit** milliseconds since 1970. */
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

/** **Unit** whole seconds since 1970, rounded down: what JWT calls a NumericDate (RFC 7519 §2). */
export const epochSeconds = (moment: Date): number => Math.floor(moment.getTime() / 1000);

export const addSeconds = (moment: Date, seconds: number): Date =>
  new Date(moment.getTime() + Math.round(seconds * 1000));
