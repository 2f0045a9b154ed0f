/** The times of the refresh rules, scaled by one factor. **Unit** milliseconds. */
export interface Times {
  /** `REFRESH_GRACE`. */
  grace: number;
  /** `REFRESH_GIVE_UP`: how long a client waits for a response. */
  giveUp: number;
  /** `REFRESH_ROTATE_AFTER`. */
  rotateAfter: number;
  /** The maximum age of the cookie jar restored after a crash. */
  rollback: number;
}

/**
 * The times at a scale of the defaults: G 30 s, U 20 s, R 120 s, and the 30 s between two writes of Chromium's jar.
 *
 * The `iat` of a refresh token is in whole seconds, so it is replaced up to one second early, whatever the scale. The
 * rules need R - 1 s > 2U + G + B; the defaults leave a margin of a fifth. At 1/10, R = 12 s compares with 10 s, which
 * leaves a margin of one second. At 1/20, R = 6 s would effectively be 5 s, compared with 5 s: no margin, and honest
 * sessions end. R is therefore raised below 1/10 to keep a margin of a tenth: 6.5 s at 1/20, 4.7 s at 1/30. Below about
 * 1/40 the margin of 0.25 s is no longer than a pause of a busy machine, and the run tests the machine, not the rules.
 */
export function timesAt(scale: number): Times {
  const second = 1000 * scale;
  const least = 20 + 20 + 30 + 30;
  return {
    grace: 30 * second,
    giveUp: 20 * second,
    rotateAfter: Math.round(Math.max(120 * second, 1.1 * least * second + 1000)),
    rollback: 30 * second,
  };
}

/** The settings of a Tokenjar server with these times. */
export const settingsFor = (times: Times): Record<string, string> => ({
  REFRESH_GRACE: `${times.grace}ms`,
  REFRESH_GIVE_UP: `${times.giveUp}ms`,
  REFRESH_ROTATE_AFTER: `${times.rotateAfter}ms`,
});
