import { Clock } from '../../src/clock.js';

/** A clock that stands still until a test advances it. */
export class TestClock extends Clock {
  private moment = Date.parse('2026-03-01T12:00:00.250Z');

  override now(): Date {
    return new Date(this.moment);
  }

  /** The database's clock does not affect a test's time. */
  override follow(): void {}

  /** **Unit** seconds. */
  advance(seconds: number): void {
    this.moment += Math.round(seconds * 1000);
  }

  /** The age at which a refresh replaces the token, by default. */
  pastRotation(): void {
    this.advance(121);
  }

  /** The age at which an access token has expired, by default. */
  pastAccessToken(): void {
    this.advance(601);
  }
}
