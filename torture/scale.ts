/** The times of the refresh rules, scaled down together. **Unit** milliseconds. */
export interface Times {
  /** `REFRESH_GRACE`. */
  grace: number;
  /** `REFRESH_GIVE_UP`: how long a client waits for an answer. */
  giveUp: number;
  /** `REFRESH_ROTATE_AFTER`. */
  rotateAfter: number;
  /** How old the cookie jar may be that a crash brings back. */
  rollback: number;
}

/**
 * The times at a scale of the defaults: G 30 s, U 20 s, R 120 s, and the 30 s between two writes of Chromium's jar.
 *
 * A refresh token is born in a whole second (`iat`), so it is replaced up to one second early, whatever the scale. The
 * rules need R - 1 s > 2U + G + B; the defaults leave a fifth to spare. At 1/10 that is R = 12 s against 10 s, one
 * second early still one to spare. At 1/20 R = 6 s would be 5 s in truth, against 5 s: no room, and honest sessions
 * end. Hence R is raised below 1/10, so that a tenth is left: 6.5 s at 1/20, 4.7 s at 1/30. Below about 1/40 what is
 * left, 0.25 s, is no longer than a busy machine's hiccup, and the run shows the machine, not the rules.
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

/** The settings that make a Tokenjar server keep these times. */
export const settingsFor = (times: Times): Record<string, string> => ({
  REFRESH_GRACE: `${times.grace}ms`,
  REFRESH_GIVE_UP: `${times.giveUp}ms`,
  REFRESH_ROTATE_AFTER: `${times.rotateAfter}ms`,
});
