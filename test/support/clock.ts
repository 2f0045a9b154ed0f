import { Clock } from '../../src/clock.js';

/** A clock that stands still until a test moves it. */
export class TestClock extends Clock {
  private moment = Date.parse('2026-03-01T12:00:00.250Z');

  override now(): Date {
    return new Date(this.moment);
  }

  /** The database's clock is no part of a test's time. */
  override follow(): void {}

  /** **Unit** seconds. */
  advance(seconds: number): void {
    this.moment += Math.round(seconds * 1000);
  }

  /** To when a refresh replaces the token of before, by the defaults. */
  pastRotation(): void {
    this.advance(121);
  }

  /** To when an access token of before has expired, by the defaults. */
  pastAccessToken(): void {
    this.advance(601);
  }
}
